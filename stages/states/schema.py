"""The columns and the metadata of a states file."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

SCHEMA_VERSION = 2
METADATA_KEY = b"padding_impact"

HIDDEN_PREFIX = "h_"
VECTOR_PREFIXES = (HIDDEN_PREFIX, "c_")
HEAD = "head"
PROBABILITY = "probability"


@dataclass(frozen=True)
class StatesMetadata:
    """What a states file says of itself: nothing but what its content, or a file that DVC watches for it, decides.

    Attributes:
        side: padding side, `pre` or `post`.
        variant: id of the architecture.
        seed: training seed.
        condition: `pads-<k>` (the text with k extra pads), `as-trained` (padded to max_len) or `other-side`.
        classes: names of the classes, in the order of `label` and of the values of `probability`.
        tokenizer: SHA-256 of data/tokens/tokenizer.json.
        model: SHA-256 of the model's file.
        widths: number of values in each vector column, by column name.
        schema: version of this layout.
    """

    side: str
    variant: str
    seed: int
    condition: str
    classes: tuple[str, ...]
    tokenizer: str
    model: str
    widths: dict[str, int]
    schema: int = SCHEMA_VERSION

    def encode(self) -> dict[bytes, bytes]:
        """As the key-value metadata of a Parquet schema."""
        return {METADATA_KEY: json.dumps(asdict(self)).encode()}

    @staticmethod
    def decode(metadata: dict[bytes, bytes]) -> "StatesMetadata":
        """From the key-value metadata of a Parquet schema.

        Raises:
            KeyError: the metadata hold no record of ours.
        """
        record: dict[str, Any] = json.loads(metadata[METADATA_KEY])
        return StatesMetadata(**record | {"classes": tuple(record["classes"])})


def vector_columns(widths: dict[str, int]) -> list[str]:
    """The columns that hold a state: h and c of every recurrent layer, then what the classifier reads."""
    return [name for name in widths if name.startswith(VECTOR_PREFIXES) or name == HEAD]


def arrow_schema(metadata: StatesMetadata) -> pa.Schema:
    """The Arrow schema of a states file; every column is non-null."""
    keys = [
        pa.field("text_id", pa.int64(), nullable=False),
        pa.field("label", pa.int32(), nullable=False),
        pa.field("length", pa.int32(), nullable=False),
        pa.field("pads", pa.int32(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
    ]
    vectors = [
        pa.field(name, pa.list_(pa.field("element", pa.float32(), nullable=False), width), nullable=False)
        for name, width in metadata.widths.items()
    ]
    return pa.schema(keys + vectors, metadata=metadata.encode())
