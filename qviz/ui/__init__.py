"""The window: Qt, one folder a panel."""
