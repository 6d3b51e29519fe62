# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Splits that a data set states are kept; what states two splits for an image is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mask_detector_ros.cli import main
from mask_detector_training.data.datasets import (
    check_groups,
    load_records,
    load_split,
    load_splits,
)
from mask_detector_training.data.formats import ReadOptions, read_parts
from mask_detector_training.data.formats.faults import Faults
from support.label_files import write_noise, write_text, write_voc

ROW = "0 0.3 0.3 0.2 0.3\n"
FACE = ("with_mask", 20, 30, 60, 80)
SPLITS = ("train", "val", "test")


def stems(root: Path) -> dict[str, list[str]]:
    """Stems of the images by split; fails on faults."""
    faults = Faults()
    parts = read_parts(root, ReadOptions(), faults)
    faults.raise_all(root)
    return {split: [record.path.stem for record in part] for split, part in parts.items()}


def ultralytics(root: Path) -> None:
    for number, split in enumerate(SPLITS):
        for image in range(2):
            write_noise(root / f"images/{split}/{split}{image}.jpg", 2 * number + image)
            write_text(root / f"labels/{split}/{split}{image}.txt", ROW)
    text = "path: ../datasets/u\ntrain: images/train\nval: images/val\ntest: images/test\n"
    write_text(root / "data.yaml", text + "names: {0: with_mask}\n")


def roboflow(root: Path) -> None:
    for number, (split, folder) in enumerate(zip(SPLITS, ("train", "valid", "test"), strict=True)):
        for image in range(2):
            write_noise(root / f"{folder}/images/{split}{image}.jpg", 2 * number + image)
            write_text(root / f"{folder}/labels/{split}{image}.txt", ROW)
    text = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n"
    write_text(root / "data.yaml", text + "nc: 1\nnames: ['with_mask']\n")


def custom_folders(root: Path) -> None:
    """Only ``data.yaml`` says which folder is which split."""
    text = "names: [with_mask]\n"
    for number, split in enumerate(SPLITS):
        for image in range(2):
            write_noise(root / f"images/day{number}/{split}{image}.jpg", 2 * number + image)
            write_text(root / f"labels/day{number}/{split}{image}.txt", ROW)
        text += f"{split}: [/content/u/images/day{number}]\n"
    write_text(root / "dataset.yml", text)


def voc_image_sets(root: Path) -> None:
    for number, split in enumerate(SPLITS):
        for image in range(2):
            write_noise(root / f"JPEGImages/{split}{image}.jpg", 2 * number + image)
            write_voc(root / f"Annotations/{split}{image}.xml", f"{split}{image}.jpg", FACE)
        write_text(root / f"ImageSets/Main/{split}.txt", f"{split}0\r\n{split}1  1\r\n")
    write_text(root / "ImageSets/Main/trainval.txt", "train0\ntrain1\nval0\nval1\n")
    write_text(root / "ImageSets/Main/with_mask_train.txt", "test0 -1\n")


def voc_trainval(root: Path) -> None:
    voc_image_sets(root)
    (root / "ImageSets/Main/train.txt").unlink()


def darknet(root: Path) -> None:
    for number, split in enumerate(SPLITS):
        for image in range(2):
            write_noise(root / f"obj_train_data/{split}{image}.jpg", 2 * number + image)
            write_text(root / f"obj_train_data/{split}{image}.txt", ROW)
    for split, name in zip(SPLITS, ("train", "valid", "test"), strict=True):
        lines = f"C:\\data\\obj_train_data\\{split}0.jpg\ndata/obj_train_data/{split}1.JPG\n"
        write_text(root / f"{name}.txt", lines)
    write_text(root / "obj.names", "with_mask\n")
    write_text(root / "obj.data", "classes = 1\ntrain = data/train.txt\nvalid = data/valid.txt\n")


def coco(root: Path) -> None:
    for number, split in enumerate(SPLITS):
        images, annotations = [], []
        for image in range(2):
            write_noise(root / f"{split}2017/{split}{image}.jpg", 2 * number + image)
            images.append({"id": image, "file_name": f"{split}{image}.jpg"})
            annotations.append({"image_id": image, "category_id": 1, "bbox": [20, 30, 40, 50]})
        content = {"images": images, "annotations": annotations,
                   "categories": [{"id": 1, "name": "with_mask"}]}  # fmt: skip
        write_text(root / f"annotations/instances_{split}2017.json", json.dumps(content))


def csv(root: Path) -> None:
    for number, split in enumerate(SPLITS):
        text = "filename,width,height,class,xmin,ymin,xmax,ymax\n"
        for image in range(2):
            write_noise(root / f"{split}_images/{split}{image}.jpg", 2 * number + image)
            text += f"{split}{image}.jpg,200,150,with_mask,20,30,60,80\n"
        write_text(root / f"{split}_labels.csv", text)


def class_folders(root: Path) -> None:
    for number, split in enumerate(SPLITS):
        for image in range(2):
            write_noise(root / f"with_mask/{split}/{split}{image}.jpg", 2 * number + image)


LAYOUTS = [ultralytics, roboflow, custom_folders, voc_image_sets, voc_trainval, darknet, coco, csv,
           class_folders]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_stated_splits_are_kept(layout: Callable[[Path], None], tmp_path: Path) -> None:
    layout(tmp_path / "faces")
    expected = {split: [f"{split}0", f"{split}1"] for split in SPLITS}
    assert stems(tmp_path / "faces") == expected
    # The same as training data, without a conversion.
    splits = load_splits(tmp_path)
    assert {split: [r.path.stem for r in part] for split, part in splits.items()} == expected
    assert [r.key for r in load_split(tmp_path, "val")] == [r.key for r in splits["val"]]
    check_groups(splits["train"], [*splits["val"], *splits["test"]])


@pytest.mark.parametrize("layout", [ultralytics, voc_image_sets])
def test_data_split_keeps_stated_splits(
    layout: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, out = tmp_path / "set", tmp_path / "data" / "faces"
    layout(root)
    assert main(["data", "split", str(root), "--out", str(out)]) == 0
    assert "states are kept (train 2, val 2, test 2)" in capsys.readouterr().err
    splits = load_splits(tmp_path / "data")
    assert {s: [r.path.stem[:-1] for r in part] for s, part in splits.items()} == {
        split: [split, split] for split in SPLITS
    }
    again = ["data", "split", str(root), "--out", str(tmp_path / "new"), "--ignore-splits"]
    assert main([*again, "--val", "0.3", "--test", "0.3"]) == 0
    assert "are kept" not in capsys.readouterr().err
    new = {s: load_records(tmp_path / "new" / f"{s}.jsonl") for s in SPLITS}
    assert sum(map(len, new.values())) == 6
    assert any(not r.path.stem.startswith(split) for split, part in new.items() for r in part)


def test_a_missing_val_is_taken_out_of_train(tmp_path: Path) -> None:
    root, out = tmp_path / "set", tmp_path / "data" / "faces"
    for number in range(12):
        split = "test" if number < 2 else "train"
        write_noise(root / split / "with_mask" / f"{split}{number}.png", number)
    assert main(["data", "split", str(root), "--out", str(out), "--val", "0.2"]) == 0
    splits = load_splits(tmp_path / "data")
    assert sorted(r.path.stem for r in splits["test"]) == ["test0", "test1"]
    assert 1 <= len(splits["val"]) < len(splits["train"])
    assert all(r.path.stem.startswith("train") for r in [*splits["val"], *splits["train"]])


def test_one_list_of_everything_is_no_split(tmp_path: Path) -> None:
    darknet(tmp_path)
    for name in ("valid.txt", "test.txt", "obj.data"):
        (tmp_path / name).unlink()
    everything = [f"obj_train_data/{split}{n}.jpg\n" for split in SPLITS for n in range(2)]
    write_text(tmp_path / "train.txt", "".join(everything))
    assert list(stems(tmp_path)) == [""]


def test_an_image_in_two_lists(tmp_path: Path) -> None:
    voc_image_sets(tmp_path)
    write_text(tmp_path / "ImageSets/Main/val.txt", "val0\nval1\ntrain0\n")
    with pytest.raises(
        ValueError, match=r"train0\.jpg is in train .*n\.txt\) and in val .*val\.txt"
    ):
        stems(tmp_path)


def test_a_list_against_the_folder(tmp_path: Path) -> None:
    ultralytics(tmp_path)
    yaml = tmp_path / "data.yaml"
    yaml.write_text(yaml.read_text().replace("val: images/val", "val: images/train"))
    with pytest.raises(ValueError, match="2 faults") as caught:
        stems(tmp_path)
    assert "train0.jpg is in train (folder train/) and in val (val in data.yaml)" in str(
        caught.value
    )


def test_data_yaml_against_folders_of_splits(tmp_path: Path) -> None:
    roboflow(tmp_path)
    yaml = tmp_path / "data.yaml"
    yaml.write_text(yaml.read_text().replace("../valid/images", "../test/images"))
    with pytest.raises(ValueError, match=r"test0\.jpg is in test .* in val \(val in data\.yaml\)"):
        stems(tmp_path)


def test_label_file_against_the_folder(tmp_path: Path) -> None:
    csv(tmp_path)
    (tmp_path / "val_images" / "val0.jpg").rename(tmp_path / "train_images" / "val0.jpg")
    with pytest.raises(ValueError, match=r"in train \(folder train_im.* in val \(val_labels"):
        stems(tmp_path)


def test_two_folders_of_one_split(tmp_path: Path) -> None:
    roboflow(tmp_path)
    write_noise(tmp_path / "val" / "with_mask" / "a.jpg")
    with pytest.raises(ValueError, match=r"val and .*valid are both folders of the split val"):
        stems(tmp_path)


def test_an_image_in_two_jsonl_splits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    for number in range(3):
        write_noise(tmp_path / "faces" / f"{number}.jpg", number)
        rows.append(json.dumps({
            "image": f"{number}.jpg", "source": "x", "width": 200, "height": 150,
            "group": f"g{number}", "faces": [{"box": [20, 30, 40, 50], "status": "correct"}],
        }) + "\n")  # fmt: skip
    write_text(tmp_path / "faces" / "train.jsonl", rows[0] + rows[1])
    write_text(tmp_path / "faces" / "val.jsonl", rows[1].replace("g1", "g2") + rows[2])
    assert main(["data", "check", "--data", str(tmp_path)]) == 1
    assert "faces/1.jpg is in train and in val; remove it from one" in capsys.readouterr().err


def test_images_in_no_split_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "set"
    voc_image_sets(root)
    write_noise(root / "JPEGImages" / "extra.jpg", 9)
    write_voc(root / "Annotations" / "extra.xml", "extra.jpg", FACE)
    write_text(root / "ImageSets/Main/test.txt", "test0\ntest1\ngone\n")
    assert main(["data", "convert", str(root), str(tmp_path / "out"), "--to", "jsonl"]) == 0
    error = capsys.readouterr().err
    assert "1 labeled images that no split contains were left out" in error
    assert "extra.jpg" in error
    assert "1 entries of split lists without a labeled image; the first: gone in" in error


def test_an_ambiguous_list_is_named(tmp_path: Path) -> None:
    darknet(tmp_path)
    write_noise(tmp_path / "more" / "train0.jpg", 9)
    write_text(tmp_path / "more" / "train0.txt", ROW)
    write_text(tmp_path / "train.txt", "train0.jpg\nobj_train_data/train1.jpg\n")
    with pytest.raises(ValueError, match=r"train\.txt line 1: train0\.jpg can be .* give its fold"):
        stems(tmp_path)


def test_unsplit_labels_are_named_as_such(tmp_path: Path) -> None:
    class_folders(tmp_path / "faces")
    for folder in (tmp_path / "faces" / "with_mask").iterdir():
        folder.rename(folder.with_name(f"no_split_{folder.name}_"))
    with pytest.raises(ValueError, match="labels are not split, do it with mask_detector data spl"):
        load_split(tmp_path, "train")
