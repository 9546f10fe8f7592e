"""Notifications, mail, text messages and live updates."""
