"""Why an upload is refused."""

from tessera.kernel.errors import NotFound, TesseraError


class UploadRefused(TesseraError):
    """Base of the refusals of an upload."""

    code = "upload_refused"
    status = 422
    message = "This file cannot be taken."


class FileTooLarge(UploadRefused):
    """Raised when an upload has more bytes than allowed."""

    code = "file_too_large"
    status = 413
    message = "The file is larger than {limit} MB."


class EmptyFile(UploadRefused):
    """Raised when an upload has no content."""

    code = "file_empty"
    message = "The file is empty."


class NotAnImage(UploadRefused):
    """Raised when an image is asked for and the content is none, or a broken one."""

    code = "not_an_image"
    message = "The file is not an image that can be shown (PNG, JPEG, GIF or WebP)."


class ImageTooLarge(UploadRefused):
    """Raised when an image has more pixels than allowed: unpacked it would fill the memory."""

    code = "image_too_large"
    message = "The image has more than {limit} million pixels."


class FileMissing(NotFound):
    """Raised when there is no such file, or its content is gone."""

    code = "file_not_found"
    message = "There is no such file."
