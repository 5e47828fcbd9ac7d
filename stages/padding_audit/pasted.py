"""The code of cures: lines that run behind `model = keras.models.load_model(…)` and end with a model named `cured`."""

from collections.abc import Sequence

REGISTERED = '@keras.saving.register_keras_serializable("cures")\n'
SUPPORTS_MASKING = """    def __init__(self, {argument}**kwargs):
        super().__init__({argument}**kwargs)
        self.supports_masking = True
"""
WRAPPER, LAYER = SUPPORTS_MASKING.format(argument="layer, "), SUPPORTS_MASKING.format(argument="")

KEEPS_MASK = f"""{REGISTERED}class KeepsMask(keras.layers.Wrapper):
{WRAPPER}
    def call(self, inputs, mask=None):
        return self.layer(inputs)
"""
TURNED_MASK = f"""{REGISTERED}class TurnedMask(keras.layers.Wrapper):
{WRAPPER}
    def call(self, inputs, mask=None):
        return keras.ops.copy(self.layer(inputs, mask=mask))  # a copy carries no mask

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else keras.ops.flip(mask, axis=1)
"""
ZEROS_AT_PADS = f"""{REGISTERED}class ZerosAtPads(keras.layers.Wrapper):
{WRAPPER}
    def call(self, inputs, mask=None):
        return self.layer(inputs if mask is None else inputs * keras.ops.cast(mask[..., None], inputs.dtype))
"""
WHOLE_WINDOWS = """
    def compute_mask(self, inputs, mask=None):
        if mask is None:
            return None
        pads = keras.ops.cast(keras.ops.logical_not(mask), "float32")[..., None]
        return keras.ops.equal(keras.ops.max_pool(pads, {width}, strides=1)[..., 0], 0)
"""
MASKED_MAXIMUM = f"""{REGISTERED}class MaskedMaximum(keras.layers.Layer):
{LAYER}
    def call(self, inputs, mask=None):
        if mask is not None:
            inputs = keras.ops.where(mask[..., None], inputs, -1e9)
        return keras.ops.max(inputs, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None
"""
MASKED_SUM = f"""{REGISTERED}class MaskedSum(keras.layers.Layer):
{LAYER}
    def call(self, inputs, mask=None):
        if mask is not None:
            inputs = keras.ops.where(mask[..., None], inputs, 0)
        return keras.ops.sum(inputs, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None
"""
MASKED_SOFTMAX = f"""{REGISTERED}class MaskedSoftmax(keras.layers.Softmax):
    def call(self, inputs, mask=None):
        return super().call(inputs, mask=None if mask is None else mask[..., None])
"""
WITH_MASK_OF = f"""{REGISTERED}class WithMaskOf(keras.layers.Layer):
{LAYER}
    def call(self, inputs):
        return inputs[1]

    def compute_mask(self, inputs, mask=None):
        return mask[0]
"""
MASK_OF_THE_MASKED = f"""{REGISTERED}class MaskOfTheMasked(keras.layers.{{kind}}):
    def compute_mask(self, inputs, mask=None):
        masks = [item for item in mask or [] if item is not None]
        return keras.ops.all(keras.ops.stack(masks), axis=0) if masks else None
"""
MASKED_EMBEDDING = f"""{REGISTERED}class MaskedEmbedding(keras.layers.Embedding):
    def compute_mask(self, inputs, mask=None):
        return keras.ops.not_equal(inputs, {{pad}})
"""
LAST_STATES = """old, last = {layer}, {operation}


def without_sequences(layer):
    return type(layer).from_config({{**layer.get_config(), "return_sequences": False}})


new = keras.layers.Bidirectional(
    without_sequences(old.forward_layer),
    backward_layer=without_sequences(old.backward_layer),
    merge_mode=old.merge_mode,
)
cured = keras.models.clone_model(
    model,
    clone_function=lambda layer: new if layer is old else layer,
    call_function=lambda layer, *args, **kwargs: args[0] if layer is last else layer(*args, **kwargs),
    recursive=True,
)
new.set_weights(old.get_weights())
"""
UNCHANGED = "cured = model\n"


def masked_embeddings(layers: Sequence[str]) -> str:
    """Every embedding masks the id 0.

    Args:
        layers: expressions that give them.
    """
    setting = "embedding.mask_zero = embedding.supports_masking = True"
    return "".join(f"embedding = {layer}\n{setting}\n" for layer in layers) + UNCHANGED


def masked_inputs(pad_values: dict[str, object], *, several: bool) -> str:
    """A Masking layer in front of the model, for inputs by name with the value that is masked."""
    if not several:
        (pad_value,) = pad_values.values()
        return (
            "(old,) = model.inputs\n"
            "inputs = keras.Input(batch_shape=old.shape, dtype=old.dtype, name=old.name)\n"
            f"cured = keras.Model(inputs, model(keras.layers.Masking(mask_value={pad_value!r})(inputs)))\n"
        )
    return f"""pads = {pad_values!r}
inputs = keras.tree.map_structure(
    lambda tensor: keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name), model.input
)
masked = keras.tree.map_structure(
    lambda tensor: keras.layers.Masking(pads[tensor.name])(tensor) if tensor.name in pads else tensor, inputs
)
cured = keras.Model(inputs, model(masked))
"""


def replaced(
    layer: str, new: str, definition: str = "", *, same_weights: bool = False, masks_anew: bool = False
) -> str:
    """Another layer in the place of one.

    Args:
        layer: an expression that gives the layer or operation.
        new: an expression that makes the new layer; it may name the other `old`.
        definition: of the class of the new layer.
        same_weights: whether the new layer gets the weights of the old one.
        masks_anew: as in `rebuilt`.
    """
    return (
        (f"{definition}\n\n" if definition else "")
        + f"old = {layer}\nnew = {new}\n"
        + rebuilt("lambda layer: new if layer is old else layer", masks_anew=masks_anew)
        + ("new.set_weights(old.get_weights())\n" if same_weights else "")
    )


def rebuilt(clone_function: str = "lambda layer: layer", *, masks_anew: bool = False) -> str:
    """The model made of other layers.

    Args:
        clone_function: an expression that gives, for every layer, the one to take.
        masks_anew: whether the masks are forgotten that a Functional model holds as operations of its graph.
    """
    calls = (
        "    call_function=lambda layer, *args, mask=None, **kwargs: layer(*args, **kwargs),  # masks are made anew\n"
    )
    return (
        f"cured = keras.models.clone_model(\n    model,\n    clone_function={clone_function},\n"
        + (calls if masks_anew else "")
        + "    recursive=True,\n)\n"
    )


def called(layer: str, result: str, definition: str = "") -> str:
    """Another call in the place of the call of a layer or operation.

    Args:
        layer: an expression that gives it.
        result: an expression of `layer`, `args` and `kwargs`.
        definition: of the class of a layer in `result`.
    """
    return (
        (f"{definition}\n\n" if definition else "")
        + f"old = {layer}\n\n\ndef call(layer, *args, **kwargs):\n"
        + "    if layer is not old:\n        return layer(*args, **kwargs)\n"
        + f"    return {result}\n\n\n"
        + "cured = keras.models.clone_model(\n"
        + "    model, clone_function=lambda layer: layer, call_function=call, recursive=True\n)\n"
    )


def joined(codes: Sequence[str]) -> str:
    """Several cures, one upon the other."""
    result = codes[0]
    for code in codes[1:]:
        result = result.removesuffix(UNCHANGED) + ("" if result.endswith(UNCHANGED) else "model = cured\n")
        result += ("\n\n" if code.startswith("@") else "") + code
    return result
