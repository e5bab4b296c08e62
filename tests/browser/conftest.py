"""One API server, one local Extend and one Chromium for all tests of the connection form."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.servers import ROOT, AirflowServer, LocalExtend
from tests.machine import require

_FAILURES = ROOT / ".dev" / "browser"
_WINDOW = (1280, 1600)
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--lang=en-US",
    "--no-first-run",
    "--no-proxy-server",
    f"--window-size={_WINDOW[0]},{_WINDOW[1]}",
]


@pytest.fixture(scope="session")
def local_extend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalExtend]:
    server = LocalExtend(tmp_path_factory.mktemp("extend"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def airflow(driver: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowServer]:
    """After the browser: without one there is no need to start it."""
    home = tmp_path_factory.mktemp("airflow")
    server = AirflowServer(home, home / "api-server.log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    chromedriver = shutil.which("chromedriver")
    require(chromium, "no chromium found on the PATH")
    require(chromedriver, "no chromedriver found on the PATH")
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        require(False, "selenium is not installed: pip install -e '.[system]'")
    os.environ["SE_OFFLINE"] = "true"  # selenium's own manager would download a driver
    options = webdriver.ChromeOptions()
    options.binary_location = str(chromium)
    profile = tempfile.mkdtemp(prefix="extend-browser-")
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    # A proxy of the environment would stand between the browser and this machine's own servers.
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    env |= {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    started = webdriver.Chrome(options=options, service=Service(str(chromedriver), env=env))
    yield started
    started.quit()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture
def page(driver: Any, airflow: AirflowServer, local_extend: LocalExtend) -> Any:
    from tests.browser.connections_page import ConnectionsPage

    driver.set_window_size(*_WINDOW)
    local_extend.control("POST", "/reset")
    return ConnectionsPage(driver, airflow.url)


@pytest.fixture
def picture() -> Callable[[str, Any], None]:
    """Writes a picture for the documentation where EXTEND_SCREENSHOTS names its folder, else nothing.

    `of` is an element, or the driver for all that the window shows.
    """

    def write(name: str, of: Any) -> None:
        if folder := os.environ.get("EXTEND_SCREENSHOTS"):
            target = ROOT / folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(
                of.screenshot_as_png if hasattr(of, "screenshot_as_png") else of.get_screenshot_as_png()
            )

    return write


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """What the page showed and the server logged when a test failed."""
    report = yield
    known = getattr(item, "funcargs", {})
    if report.failed and Path(item.path).parent == Path(__file__).parent:
        if driver := known.get("driver") or getattr(known.get("page"), "driver", None):
            _FAILURES.mkdir(parents=True, exist_ok=True)
            target = _FAILURES / (re.sub(r"[^\w.-]+", "_", item.name) + ".png")
            if driver.save_screenshot(str(target)):
                report.sections.append(("page", f"Screenshot: {target.relative_to(ROOT)}"))
        if server := known.get("airflow"):
            report.sections.append(("log of the API server", server.tail()))
    return report
