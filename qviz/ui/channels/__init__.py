"""The channels tab: every channel's values, clip range and error, and ranges dragged one by one or as one."""
