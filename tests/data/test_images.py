"""Raw pictures, from an .npz and from a folder, and their preprocessing."""

import numpy as np
import pytest
from PIL import Image

from qviz.data.image_folder import class_indices
from qviz.data.loading import open_data
from qviz.data.options import DataOptions, Preprocess
from qviz.data.preprocess import read_preprocess
from qviz.errors import QvizError
from qviz.graph.graph import Port

RED = (200, 10, 30)


@pytest.fixture
def npz(tmp_path):
    def save(images, preprocess=None, **arrays):
        np.savez(tmp_path / "set.npz", images=images, **arrays)
        return DataOptions(str(tmp_path / "set.npz"), preprocess=preprocess or Preprocess())

    return save


def red(height=2, width=3):
    return np.tile(np.array(RED, np.uint8), (4, height, width, 1))


def picture(path, color=RED, size=(3, 2)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)


def refused(options, graph):
    with pytest.raises(QvizError) as error:
        open_data(options, graph).feed([0])
    return str(error.value)


def test_layout_follows_from_the_input(npz, image_model):
    images = np.random.default_rng(0).integers(0, 256, (4, 2, 5, 3), np.uint8)
    first = open_data(npz(images), image_model("N", 3, 2, 5)).feed([1, 3])["x"]
    last = open_data(npz(images), image_model("N", 2, 5, 3)).feed([1, 3])["x"]
    np.testing.assert_array_equal(first, images[[1, 3]].transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(last, images[[1, 3]])


def test_scale_mean_and_std_are_those_of_the_formula(npz, image_model):
    preprocess = Preprocess(scale=1 / 255, mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.5))
    x = open_data(npz(red(), preprocess), image_model("N", 3, 2, 3)).feed([0])["x"]
    expected = (np.array(RED) / 255 - preprocess.mean) / preprocess.std
    np.testing.assert_allclose(x[0, :, 0, 0], expected, rtol=1e-7)
    assert x.dtype == np.float32


def test_bgr_turns_pixels_round_and_takes_the_mean_in_that_order(npz, image_model):
    preprocess = Preprocess(color="bgr", mean=(30.0, 10.0, 200.0))
    x = open_data(npz(red(), preprocess), image_model("N", 3, 2, 3)).feed([0])["x"]
    assert not x.any()


def test_gray_pictures_feed_color_models_and_color_pictures_gray_ones(npz, image_model):
    gray = np.full((4, 2, 3), 77, np.uint8)
    assert (open_data(npz(gray), image_model("N", 3, 2, 3)).feed([0])["x"] == 77).all()
    assert (open_data(npz(gray[..., None]), image_model("N", 1, 2, 3)).feed([0])["x"] == 77).all()
    luma = open_data(npz(red()), image_model("N", 1, 2, 3)).feed([0])["x"]
    np.testing.assert_allclose(luma, 0.299 * 200 + 0.587 * 10 + 0.114 * 30, atol=1)


def test_pictures_are_resized_to_the_model(npz, image_model):
    data = open_data(npz(red(8, 9)), image_model("N", 3, 4, 6))
    assert data.feed([0, 1])["x"].shape == (2, 3, 4, 6)
    assert data.picture(0).shape == (4, 6, 3)
    assert tuple(data.picture(0)[0, 0]) == RED


def test_a_free_size_is_the_pictures_own_or_the_given(npz, image_model):
    graph = image_model("N", 3, "h", "w")
    assert open_data(npz(red(8, 9)), graph).feed([0])["x"].shape == (1, 3, 8, 9)
    assert open_data(npz(red(8, 9), Preprocess(size=(4, 6))), graph).feed([0])["x"].shape == (1, 3, 4, 6)


def test_an_input_named_images_may_take_floats_of_that_name(npz, model):
    graph = model(Port("images", "float32", ("N", 3, 2, 3), 0))
    assert open_data(npz(np.ones((4, 3, 2, 3), np.float32)), graph).feed([0])["images"].shape == (1, 3, 2, 3)
    assert open_data(npz(red()), graph).feed([0])["images"].max() == 200


def test_other_inputs_must_be_fixed(npz, model):
    graph = model(Port("x", "float32", ("N", 3, 2, 3), 0), Port("threshold", "float32", (1,), None))
    options = npz(red())
    assert "x, threshold" in refused(options, graph)
    fixed = DataOptions(options.source, values={"threshold": 0.25})
    assert open_data(fixed, graph).feed([0])["threshold"] == np.float32(0.25)


@pytest.mark.parametrize(
    ("shape", "preprocess", "text"),
    [
        (("N", 10), {}, "takes no images"),
        (("N", 4, 2, 3), {"layout": "nchw"}, "takes 4 channels"),
        (("N", 3, 2, 3), {"color": "gray"}, "the colour gray"),
        (("N", 3, 2, 3), {"size": (5, 5)}, "The size 5x5 does not fit"),
        (("N", 3, 2, 3), {"mean": (1.0, 2.0)}, "The mean of the preprocessing has 2 values"),
        (("N", 1, 2, 3), {"std": (1.0, 1.0, 1.0)}, "The std of the preprocessing has 3 values"),
        (("N", 3, 2, 3), {"std": (0.0,)}, "holds 0"),
        (("N", 3, 2, 3), {"mean": (1e39,)}, "beyond what a float32 holds"),
    ],
)
def test_preprocessing_that_does_not_fit_is_told(npz, image_model, shape, preprocess, text):
    assert text in refused(npz(red(), Preprocess(**preprocess)), image_model(*shape))


def test_images_of_a_wrong_shape_are_told(npz, image_model):
    assert "(4, 3, 2, 3, 1)" in refused(npz(np.zeros((4, 3, 2, 3, 1), np.uint8)), image_model("N", 3, 2, 3))


def test_a_folder_is_read_round_robin_over_its_classes(tmp_path, image_model):
    for name in ("dog/2.png", "dog/1.png", "ant/b.png", "ant/a.png", "ant/c.jpg", "cat/x.png"):
        picture(tmp_path / name)
    (tmp_path / "dog" / "notes.txt").write_text("not a picture")
    data = open_data(DataOptions(str(tmp_path)), image_model("N", 3, 2, 3))
    assert data.description == tmp_path.name
    np.testing.assert_array_equal(data.labels, [0, 1, 2, 0, 2, 0])


def test_pictures_of_a_folder_are_those_of_their_class(tmp_path, image_model):
    for name, level in (("0/a.png", 10), ("0/b.png", 11), ("1/a.png", 20)):
        picture(tmp_path / name, (level, level, level))
    data = open_data(DataOptions(str(tmp_path)), image_model("N", 3, 2, 3))
    np.testing.assert_array_equal(data.feed([0, 1, 2])["x"][:, 0, 0, 0], [10, 20, 11])


def test_class_indices_are_the_folders_numbers_or_their_order():
    assert class_indices(["10", "2"]) == {"10": 10, "2": 2}
    assert class_indices(["007_ostrich", "001_hen"]) == {"007_ostrich": 7, "001_hen": 1}
    assert class_indices(["b", "a"]) == {"a": 0, "b": 1}
    assert class_indices(["3", "x"]) == {"3": 0, "x": 1}
    assert class_indices(["1_a", "1_b"]) == {"1_a": 0, "1_b": 1}


def test_a_flat_folder_has_no_labels(tmp_path, image_model):
    picture(tmp_path / "a.png")
    data = open_data(DataOptions(str(tmp_path)), image_model("N", 3, 2, 3))
    assert data.labels is None
    assert len(data) == 1


def test_mixed_sizes_need_a_size(tmp_path, image_model):
    picture(tmp_path / "a.png", size=(3, 2))
    picture(tmp_path / "b.png", size=(4, 4))
    text = refused(DataOptions(str(tmp_path)), image_model("N", 3, None, None))
    assert "a.png is 2x3, b.png is 4x4" in text
    sized = DataOptions(str(tmp_path), preprocess=Preprocess(size=(2, 2)))
    assert open_data(sized, image_model("N", 3, None, None)).feed([0, 1])["x"].shape == (2, 3, 2, 2)


def test_a_file_that_is_no_picture_is_named(tmp_path, image_model):
    picture(tmp_path / "a" / "good.png")
    (tmp_path / "a" / "bad.png").write_bytes(b"no picture")
    assert "bad.png is no image" in refused(DataOptions(str(tmp_path)), image_model("N", 3, 2, 3))


def test_a_picture_cut_short_is_named(tmp_path, image_model):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.png")
    content = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    assert "cut.png is no image" in refused(DataOptions(str(tmp_path)), image_model("N", 3, 2, 3))


def test_an_empty_folder_is_refused(tmp_path, image_model):
    assert "holds no images" in refused(DataOptions(str(tmp_path)), image_model("N", 3, 2, 3))


def test_preprocessing_is_read_from_a_file(tmp_path):
    file = tmp_path / "p.toml"
    file.write_text('size = 224\ncolor = "bgr"\nscale = "1/255"\nmean = [104, 117, 123]\nstd = 2\n')
    base = Preprocess(layout="nhwc", scale=3.0)
    assert read_preprocess(file, base) == Preprocess(
        (224, 224), "nhwc", "bgr", 1 / 255, (104.0, 117.0, 123.0), (2.0,)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("sclae = 1", "has the key sclae; a preprocessing file takes size, layout"),
        ('scale = "a lot"', "scale must be a number"),
        ("size = [1, 2, 3]", "size must be one whole number or [height, width]"),
        ("size = 0", "size must be"),
        ('layout = "chw"', "layout must be"),
        ("mean = [1, 2]", "mean must be a number or a list of 1 or 3"),
        ("mean = [true]", "mean must be"),
        ('scale = "1/0"', "scale must be"),
        ("scale =", "cannot be read as TOML"),
    ],
)
def test_a_wrong_preprocessing_file_is_told(tmp_path, content, text):
    file = tmp_path / "p.toml"
    file.write_text(content)
    with pytest.raises(QvizError) as error:
        read_preprocess(file)
    assert text in str(error.value)


def test_a_missing_preprocessing_file_is_told(tmp_path):
    with pytest.raises(QvizError, match="There is no file"):
        read_preprocess(tmp_path / "none.toml")
