"""Everything that can go wrong on purpose, as a tree.

OnTheRecordError
├── CorpusError            the corpus folder or its sources.toml cannot be used at all
├── EncoderError           the embedding model cannot be loaded, or is not the one it should be
├── BuildError             a build stopped; the index that was current still is
│   ├── BuildLockedError   another process is building
│   └── LossError          more of the index would go than is usual
├── StoreError             the server that holds the vectors cannot be asked, or refuses
└── IndexUnavailableError  there is no index that can be served
    ├── NoIndexError       nothing has been built yet
    ├── IncompatibleIndexError  built by another format, model or dimension
    └── DamagedIndexError  a file is missing, cut short or altered

Every message is a plain sentence for a person: it names the file, line or setting and says what to do.
"""


class OnTheRecordError(Exception):
    """Base of every error this project raises on purpose.

    `exit_status` is what a command ends with: 78 (EX_CONFIG) where the same again cannot succeed, else 1.
    """

    exit_status = 1


class CorpusError(OnTheRecordError):
    """The corpus folder or its `sources.toml` cannot be used at all."""


class EncoderError(OnTheRecordError):
    """The embedding model cannot be loaded, or its weights are not the expected ones."""


class BuildError(OnTheRecordError):
    """A build stopped before its generation became current."""


class LossError(BuildError):
    """A build would drop more of the index than is usual; nothing was changed, and it can be confirmed."""


class BuildLockedError(BuildError):
    """Another process holds the build lock."""


class StoreError(OnTheRecordError):
    """The server that holds the vectors cannot be reached, or refuses; what it holds may well be sound."""


class IndexUnavailableError(OnTheRecordError):
    """No index can be served."""


class NoIndexError(IndexUnavailableError):
    """Nothing has been built in this index folder yet."""


class IncompatibleIndexError(IndexUnavailableError):
    """The index was built by another format, model or dimension."""


class DamagedIndexError(IndexUnavailableError):
    """A file of the index is missing, cut short or altered."""
