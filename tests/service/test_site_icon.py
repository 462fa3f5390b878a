"""What browsers ask for unasked."""

from fastapi import FastAPI
from fastapi.testclient import TestClient

import mgfusion
from mgfusion.service.access import OPEN_PATHS
from mgfusion.service.site_icon import ICON, MANIFEST, add_icon


def test_icon_and_manifest_are_there_and_need_no_token():
    app = FastAPI()
    add_icon(app)
    client = TestClient(app)
    picture = client.get(ICON)
    assert picture.headers["content-type"] == "image/png"
    assert mgfusion.read_image(picture.content).shape == (64, 64, 3)
    assert client.get(MANIFEST).json()["icons"][0]["src"] == ICON
    assert {ICON, MANIFEST} <= set(OPEN_PATHS)
