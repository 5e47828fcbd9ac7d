"""What the tests of the room share."""

from stages.models.tensorflow_setup import prepare_tensorflow

# It can be set up once in a process, before its first use, and tests of the stages may follow in this one.
prepare_tensorflow()
