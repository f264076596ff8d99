"""What is recorded, and what becomes of it: the file's kind, and whether people may have it."""

import enum


class Mode(enum.Enum):
    """What is recorded of a room."""

    VIDEO = "video"  # all of it, as MP4
    AUDIO = "audio"  # the sound alone, as OGG
    TRANSCRIPT = "transcript"  # the sound alone, as OGG, for a transcriber and for nobody's ears

    @property
    def extension(self) -> str:
        """What the file's name ends in, after the dot."""
        return "mp4" if self is Mode.VIDEO else "ogg"

    @property
    def content_type(self) -> str:
        """The file's media type."""
        return "video/mp4" if self is Mode.VIDEO else "audio/ogg"

    @property
    def audio_only(self) -> bool:
        """Nothing is seen."""
        return self is not Mode.VIDEO

    @property
    def downloadable(self) -> bool:
        """Those who may open the recording may have its file."""
        return self is not Mode.TRANSCRIPT


DOWNLOADABLE = tuple(mode for mode in Mode if mode.downloadable)
