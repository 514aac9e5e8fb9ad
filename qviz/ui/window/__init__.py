"""The main window around the panels."""
