"""Recordings that are played, under addresses of Home Assistant's own: those of the cloud and those on cameras' cards."""

from .shows import RecordingShows, async_end_recordings

__all__ = ["RecordingShows", "async_end_recordings"]
