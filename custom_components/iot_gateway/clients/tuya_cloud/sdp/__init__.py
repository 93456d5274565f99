"""Session descriptions, between what browsers offer and take and what cameras take and answer.

Section 5 of the protocols page holds the rules: 5.1 for offers, 5.2 for answers (what Chromium 156 refuses, measured), 5.3
for the size of talkback packets. A description that a browser has refused spoils the connection for good, so an answer is
not mended in places but made anew: of everything in it that we understand, in the order of the offer, with what is missing.
"""

from .answer import candidate_target, has_video, repair_answer
from .description import SdpError
from .offer import PreparedOffer, prepare_offer

__all__ = ["PreparedOffer", "SdpError", "candidate_target", "has_video", "prepare_offer", "repair_answer"]
