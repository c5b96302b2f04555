"""Tables as programs and data sets write them: each is read, or says plainly what is missing."""

from dataclasses import dataclass, field

import pytest

from handful.errors import DataError, HandfulError, SettingError
from tests.datasets.conftest import Made, Read


@dataclass(frozen=True)
class Real:
    """A table, the files beside it, how it is read, and what must come of it."""

    name: str
    files: tuple[str, ...]
    text: str
    expected: tuple[tuple[str, str | None], ...]
    options: dict[str, str] = field(default_factory=dict)
    table: str = "table.csv"
    encoding: str = "utf-8"


READ = (
    Real(
        "Excel in German, Windows-1252",
        ("Aufnahmen/Bär 1.jpg", "Aufnahmen/Größe.jpg"),
        "Aufnahmen Sommer;;;\r\n;;;\r\nNr.;Dateiname;Befund;Gewicht\r\n"
        "1;Bär 1.JPG;gut;1,5\r\n2;Größe.JPG;schlecht;2,5\r\n",
        (("Aufnahmen/Bär 1.jpg", "gut"), ("Aufnahmen/Größe.jpg", "schlecht")),
        {"labels": "befund"},
        encoding="cp1252",
    ),
    Real(
        "LabelImg, boxes",
        ("images/a.jpg", "images/b.jpg"),
        "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,9,9,cat,1,1,2,2\n"
        "a.jpg,9,9,cat,3,3,4,4\nb.jpg,9,9,dog,1,1,2,2\n",
        (("images/a.jpg", "cat"), ("images/b.jpg", "dog")),
        {"labels": "class"},
    ),
    Real(
        "Kaggle, identifiers without ending",
        ("train_images/000c14.png", "train_images/0016.png", "test_images/0016.png"),
        "id_code,diagnosis\n000c14,2\n0016,4\n",
        (("train_images/000c14.png", "2"), ("train_images/0016.png", "4")),
        {"labels": "diagnosis"},
        table="train.csv",
    ),
    Real(
        "REDCap",
        ("scans/P001_pre.png", "scans/P002_pre.png"),
        "record_id,redcap_event_name,image_file,finding,complete\n"
        "P001,baseline,P001_pre.png,1,2\nP002,baseline,P002_pre.png,0,2\n",
        (("scans/P001_pre.png", "1"), ("scans/P002_pre.png", "0")),
        {"labels": "finding", "group": "record_id"},
    ),
    Real(
        "Timelapse, camera traps",
        ("S1/100MEDIA/IMG_1.JPG", "S1/101MEDIA/IMG_1.JPG", "S2/IMG_2.JPG"),
        "RootFolder,File,RelativePath,DateTime,DeleteFlag,Species\n"
        "Study,IMG_1.JPG,S1\\100MEDIA,2024-01-01 10:00:00,FALSE,fox\n"
        "Study,IMG_1.JPG,S1\\101MEDIA,2024-01-01 10:00:00,FALSE,deer\n"
        "Study,IMG_2.JPG,S2,2024-01-01 10:00:00,FALSE,fox\n",
        (
            ("S1/100MEDIA/IMG_1.JPG", "fox"),
            ("S1/101MEDIA/IMG_1.JPG", "deer"),
            ("S2/IMG_2.JPG", "fox"),
        ),
        {"labels": "Species"},
    ),
    Real(
        "Wildlife Insights",
        ("dep1/abc.jpg", "dep1/def.jpg"),
        "project_id,deployment_id,image_id,filename,location,is_blank,common_name\n"
        "1,dep1,u-1,abc.jpg,gs://bucket/dep1/abc.jpg,0,Red Fox\n"
        "1,dep1,u-2,def.jpg,gs://bucket/dep1/def.jpg,1,Blank\n",
        (("dep1/abc.jpg", "Red Fox"), ("dep1/def.jpg", "Blank")),
        {"labels": "common_name"},
    ),
    Real(
        "HAM10000, two folders",
        ("part_1/ISIC_1.jpg", "part_2/ISIC_2.jpg"),
        '"lesion_id","image_id","dx","age"\n"H_1","ISIC_1","bkl",80.0\n"H_1","ISIC_2","nv",80.0\n',
        (("part_1/ISIC_1.jpg", "bkl"), ("part_2/ISIC_2.jpg", "nv")),
        {"labels": "dx", "group": "lesion_id"},
    ),
    Real(
        "CheXpert, another folder at the top",
        ("train/p1/s1/view1.jpg", "train/p2/s1/view1.jpg"),
        "Path,Sex,No Finding,Edema\nCheXpert-v1.0-small/train/p1/s1/view1.jpg,F,1.0,\n"
        "CheXpert-v1.0-small/train/p2/s1/view1.jpg,M,,1.0\n",
        (("train/p1/s1/view1.jpg", None), ("train/p2/s1/view1.jpg", "1")),
        {"labels": "Edema"},
        table="train.csv",
    ),
    Real(
        "VGG annotator, JSON in cells",
        ("a.jpg", "b.jpg"),
        "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes\n"
        'a.jpg,123,"{}",1,0,"{""name"":""rect"",""x"":1}"\n'
        'b.jpg,124,"{}",2,0,"{""name"":""rect""}"\nb.jpg,124,"{}",2,1,"{""name"":""circle""}"\n',
        (("a.jpg", None), ("b.jpg", None)),
    ),
    Real(
        "R's write.csv",
        ("a.png", "b.png"),
        '"","file","label"\n"1","a.png","x"\n"2","b.png",NA\n',
        (("a.png", "x"), ("b.png", None)),
    ),
    Real(
        "pandas, floats for classes",
        ("a.png", "b.png", "c.png"),
        ",path,label\n0,a.png,1.0\n1,b.png,\n2,c.png,0.0\n",
        (("a.png", "1"), ("b.png", None), ("c.png", "0")),
    ),
    Real(
        "our own labels",
        ("b.png", "cat/a.png"),
        "path,label,annotator,source,time\ncat/a.png,cat,ann,page,2031-01-01\n"
        "b.png,dog,ann,page,2031-01-01\n",
        (("b.png", "dog"), ("cat/a.png", "cat")),
    ),
    Real(
        "a sum below the rows",
        ("a.png", "b.png"),
        "path,label,\na.png,x,\nb.png,y,\n,,\nTotal: 2,,\n",
        (("a.png", "x"), ("b.png", "y")),
    ),
)


@pytest.mark.parametrize("real", READ, ids=lambda real: real.name)
def test_it_is_read(pictures: Made, read: Read, real: Real) -> None:
    """Every picture is found, with the label that its row gives."""
    root = pictures(*real.files)
    found = read(root, real.text.encode(real.encoding), real.table, **real.options)
    assert real.expected == tuple((item.path, item.label) for item in found)


@pytest.mark.parametrize(
    ("text", "options", "kind", "what", "found"),
    [
        (
            "image_name,tags\n0,haze primary\n1,clear\n2,clear primary\n3,haze\n",
            {"labels": "tags"},
            SettingError,
            "The column 'tags' gives several labels to an item.",
            "2 of 4 rows, such as 'haze primary'",
        ),
        (
            "Image Index,Finding Labels\n0.png,Mass\n1.png,Mass|Edema\n2.png,Edema\n3.png,None|\n",
            {"labels": "finding labels"},
            SettingError,
            "The column 'Finding Labels' gives several labels to an item.",
            "1 of 4 rows, such as 'Mass|Edema'",
        ),
        (
            "TRAIN,gs://bucket/0.png,cat\nTEST,gs://bucket/1.png,dog\n",
            {},
            DataError,
            "The table has no header.",
            "table.csv, line 1: TRAIN, gs://bucket/0.png, cat",
        ),
        (
            "0.png 0\n1.png 1\n",
            {},
            DataError,
            "The table's columns are separated by a sign that is not known.",
            "table.csv, first line: 0.png 0",
        ),
        (
            "image,url\nx1,https://host.example/x1.png\nx2,https://host.example/x2.png\n",
            {"column": "url"},
            DataError,
            "None of the 2 pictures that the table names is there.",
            "https://host.example/x1.png (an address of a server; nothing is fetched)",
        ),
    ],
)
def test_it_says_what_is_missing(
    pictures: Made,
    read: Read,
    text: str,
    options: dict[str, str],
    kind: type[HandfulError],
    what: str,
    found: str,
) -> None:
    """Tags, lists without header or commas, and addresses are refused in words of their own."""
    root = pictures("0.png", "1.png", "2.png", "3.png")
    with pytest.raises(kind) as caught:
        read(root, text, **options)
    assert what == caught.value.what
    assert caught.value.found.startswith(found)
