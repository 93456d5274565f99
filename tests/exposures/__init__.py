"""Tests of the exposures: facets, conversions, proposals, and the service calls that come of them."""
