"""Custom components, made a package so that `custom_components.iot_gateway` is this checkout's."""
