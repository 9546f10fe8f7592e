"""What can be wrong with a file or a mapping as a whole; what is wrong with a row is a `RowError` of the import."""

from tessera.kernel.errors import BadRequest, DefinitionError


class UnreadableFile(BadRequest):
    """Raised when a file is not what it should be: no such file, not text, not a workbook, too large."""

    code = "unreadable_file"
    message = "The file {file} cannot be read: {reason}"


class MappingErrors(DefinitionError):
    """Raised when an import mapping does not fit; the message has one line for each mistake."""

    code = "mapping_errors"
    message = "The import mapping does not fit:\n{mistakes}"


class ImportCancelled(BadRequest):
    """Raised when somebody stopped the import; what was imported until then stays and can be undone."""

    code = "import_cancelled"
    message = "The import was stopped."
