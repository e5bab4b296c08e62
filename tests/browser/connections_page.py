"""Airflow's page of connections as a person uses it: by labels, not by the markup behind them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from selenium.common.exceptions import (
    NoSuchElementException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

_FIELD = "[data-scope=field][data-part=root]"
_TOAST = "[data-scope=toast][data-part=root]"
# What moves is neither clickable nor the same on two pictures.
_STILL = "*, *::before, *::after { animation: none !important; transition: none !important; }"


@dataclass(frozen=True)
class Field:
    """A field as it is seen. `value` of a switch: `on` or `off`."""

    label: str
    kind: str
    value: str
    placeholder: str
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Message:
    title: str
    text: str
    kind: str
    seconds: float


def wait_for(what: str, look: Callable[[], Any], patience: float = 30.0) -> Any:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + patience
    while True:
        try:
            if found := look():
                return found
        except (StaleElementReferenceException, NoSuchElementException):
            pass  # drawn anew while it was looked at
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not seen in {patience:.0f} s")
        time.sleep(0.05)


class ConnectionsPage:
    def __init__(self, driver: WebDriver, base_url: str) -> None:
        self.driver = driver
        self._base_url = base_url

    def open(self, conn_id: str = "") -> ConnectionsPage:
        """The list; with `conn_id` that one row of it."""
        self.driver.get(f"{self._base_url}/connections" + (f"?name_pattern={conn_id}" if conn_id else ""))
        self._be_still()
        wait_for("Add Connection", lambda: self._button("Add Connection"))
        if conn_id:
            wait_for(f"the row of {conn_id}", lambda: self._row(conn_id))
        return self

    def open_from_the_menu(self) -> ConnectionsPage:
        """As a newcomer goes: Admin, then Connections."""
        self.driver.get(self._base_url)
        self._be_still()
        wait_for("Admin", lambda: self._by_text("button", "Admin")).click()
        wait_for("Connections", lambda: self._by_text("[role=menuitem]", "Connections")).click()
        wait_for("Add Connection", lambda: self._button("Add Connection"))
        return self

    def add(self) -> Form:
        self._button("Add Connection").click()
        return self._form("Add Connection")

    def edit(self, conn_id: str) -> Form:
        self._click_in_row(conn_id, "Edit Connection")
        return self._form("Edit Connection")

    def test(self, conn_id: str) -> Message:
        """Press the Test button of a row and read what Airflow says."""
        before = {toast.get_attribute("id") for toast in self.driver.find_elements(By.CSS_SELECTOR, _TOAST)}
        started = time.monotonic()
        self._click_in_row(conn_id, "Test Connection")

        def message() -> Message | None:
            for toast in self.driver.find_elements(By.CSS_SELECTOR, _TOAST):
                title = toast.find_element(By.CSS_SELECTOR, "[data-part=title]").text
                if toast.get_attribute("id") not in before and title.startswith("Test Connection"):
                    text = toast.find_element(By.CSS_SELECTOR, "[data-part=description]").text
                    kind = toast.get_attribute("data-type") or ""
                    return Message(title, text, kind, time.monotonic() - started)
            return None

        return wait_for("the answer to Test", message)

    def point_at_test(self, conn_id: str) -> None:
        """With the pointer on the button Airflow names it, which a picture should show."""
        tooltip = "[data-scope=tooltip][data-part=content]"

        def named() -> bool:
            # From outside each time: a pointer that has clicked the button, or under which
            # the row was drawn anew, stays where it is without entering it.
            button = self._button_in_row(conn_id, "Test Connection")
            elsewhere = self._button("Add Connection")
            ActionChains(self.driver).move_to_element(elsewhere).pause(0.2).move_to_element(button).pause(
                1.5
            ).perform()
            return any(t.is_displayed() for t in self.driver.find_elements(By.CSS_SELECTOR, tooltip))

        wait_for("the button's name", named)

    def everything_in_it(self) -> str:
        """The page's source and what its inputs hold, which the source does not show."""
        held = "return [...document.querySelectorAll('input, textarea')].map(e => e.value).join('\\n')"
        return f"{self.driver.page_source}\n{self.driver.execute_script(held)}"

    def _form(self, title: str) -> Form:
        def dialog() -> WebElement | None:
            for found in self.driver.find_elements(By.CSS_SELECTOR, "[role=dialog][data-state=open]"):
                if title in found.text:
                    return found
            return None

        return Form(self, wait_for(f"the dialog {title}", dialog))

    def _click_in_row(self, conn_id: str, label: str) -> None:
        wait_for(f"the row of {conn_id}", lambda: self._row(conn_id))
        self._button_in_row(conn_id, label).click()

    def _button_in_row(self, conn_id: str, label: str) -> WebElement:
        row = self._row(conn_id)
        assert row is not None, f"no row of {conn_id}"
        return row.find_element(By.CSS_SELECTOR, f"button[aria-label='{label}']")

    def _row(self, conn_id: str) -> WebElement | None:
        for row in self.driver.find_elements(By.CSS_SELECTOR, "table tbody tr"):
            cells = row.find_elements(By.CSS_SELECTOR, "[data-testid='table-cell-connection_id']")
            if cells and cells[0].text == conn_id:
                return row
        return None

    def _button(self, text: str) -> WebElement | None:
        return self._by_text("button", text)

    def _by_text(self, selector: str, text: str) -> WebElement | None:
        for found in self.driver.find_elements(By.CSS_SELECTOR, selector):
            if found.text.strip() == text:
                return found
        return None

    def _be_still(self) -> None:
        self.driver.execute_script(
            "const s = document.createElement('style'); s.textContent = arguments[0];"
            "document.head.appendChild(s);",
            _STILL,
        )


class Form:
    """The dialog of one connection."""

    def __init__(self, page: ConnectionsPage, dialog: WebElement) -> None:
        self.page = page
        self.dialog = dialog

    def choose_type(self, name: str) -> Form:
        box = self._root("Connection Type", self.dialog).find_element(By.CSS_SELECTOR, "[role=combobox]")
        wait_for("the list of types", lambda: box.is_displayed() and box.is_enabled())
        box.send_keys(name)
        self._option(name).click()
        wait_for("the fields of the type", lambda: self._trigger("Standard Fields"))
        return self

    def is_open(self, section: str) -> bool:
        return self._trigger(section).get_attribute("aria-expanded") == "true"

    def show(self, section: str) -> WebElement:
        """Unfold a section, unless it is, and return what it holds."""
        if not self.is_open(section):
            self._trigger(section).click()
        content = self.dialog.find_element(By.ID, self._trigger(section).get_attribute("aria-controls") or "")
        wait_for(section, lambda: self.is_open(section) and content.is_displayed())
        return content

    def fields(self, section: str) -> list[Field]:
        content = self.show(section)
        return [
            self._read(root)
            for root in content.find_elements(By.CSS_SELECTOR, _FIELD)
            if root.find_elements(By.CSS_SELECTOR, "[data-part=label]")
        ]

    def values(self, section: str) -> dict[str, str]:
        return {field.label: field.value for field in self.fields(section)}

    def fill(self, section: str | None, label: str, value: str) -> Form:
        root = self._root(label, self.show(section) if section else self.dialog)
        if boxes := root.find_elements(By.CSS_SELECTOR, "[role=combobox]"):
            boxes[0].send_keys(value)
            self._option(value).click()
            return self
        box = self._input(root)
        box.send_keys(Keys.CONTROL, "a")
        box.send_keys(value or Keys.DELETE)
        box.send_keys(Keys.TAB)
        return self

    def leave_the_field(self) -> None:
        """No frame around whatever came last."""
        self.page.driver.execute_script("document.activeElement.blur()")

    def json(self) -> str:
        """What 'Extra Fields JSON' shows, with plain blanks."""
        content = self.show("Extra Fields JSON")
        text = wait_for("the JSON", lambda: content.text if "{" in content.text else "")
        return str(text).replace("\N{NO-BREAK SPACE}", " ")

    def reveal(self, section: str, label: str) -> str:
        """What the eye beside a secret shows."""
        root = self._root(label, self.show(section))
        root.find_element(By.CSS_SELECTOR, "button[aria-label='Show value']").click()
        box = self._input(root)
        wait_for("the value in clear", lambda: box.get_attribute("type") == "text")
        return box.get_attribute("value") or ""

    def save(self) -> None:
        button = next(b for b in self.dialog.find_elements(By.TAG_NAME, "button") if b.text.strip() == "Save")
        wait_for("Save", button.is_enabled)
        button.click()

        def closed() -> bool:
            try:
                return not self.dialog.is_displayed()
            except WebDriverException:
                return True

        wait_for("the end of the dialog", closed)

    def _trigger(self, section: str) -> WebElement:
        for found in self.dialog.find_elements(By.CSS_SELECTOR, "[data-part=item-trigger]"):
            if found.text.strip() == section:
                return found
        raise AssertionError(f"The form has no section {section!r}")

    def _root(self, label: str, within: WebElement) -> WebElement:
        for root in within.find_elements(By.CSS_SELECTOR, _FIELD):
            if _label(root) == label:
                return root
        raise AssertionError(f"The form has no field {label!r}")

    def _input(self, root: WebElement) -> WebElement:
        return root.find_element(By.CSS_SELECTOR, "textarea, input:not([type=hidden])")

    def _option(self, text: str) -> WebElement:
        def option() -> WebElement | None:
            for found in self.page.driver.find_elements(By.CSS_SELECTOR, "[role=option]"):
                if found.text.strip() == text:
                    return found
            return None

        return wait_for(f"the choice {text}", option)

    def _read(self, root: WebElement) -> Field:
        helps = root.find_elements(By.CSS_SELECTOR, "[data-part=helper-text]")
        words = {"label": _label(root), "help": helps[0].text.strip() if helps else ""}
        if boxes := root.find_elements(By.CSS_SELECTOR, "[role=combobox]"):
            value = root.find_element(By.CSS_SELECTOR, "input[type=hidden]").get_attribute("value") or ""
            return Field(kind="select", value=value, placeholder="", choices=self._choices(boxes[0]), **words)
        box = self._input(root)
        placeholder = box.get_attribute("placeholder") or ""
        if box.get_attribute("type") == "checkbox":
            value = "on" if box.is_selected() else "off"
            return Field(kind="switch", value=value, placeholder=placeholder, **words)
        number = box.get_attribute("role") == "spinbutton" or box.get_attribute("type") == "number"
        kind = "number" if number else (box.get_attribute("type") or "")
        return Field(kind=kind, value=box.get_attribute("value") or "", placeholder=placeholder, **words)

    def _choices(self, box: WebElement) -> tuple[str, ...]:
        box.send_keys(Keys.ARROW_DOWN)
        wait_for("the choices", lambda: box.get_attribute("aria-expanded") == "true")
        found = self.page.driver.find_elements(By.CSS_SELECTOR, "[role=option]")
        choices = tuple(option.text.strip() for option in found)
        # Escape would close the dialog too; Tab would take the choice that is marked, which is the present one.
        box.send_keys(Keys.TAB)
        wait_for("the end of the choices", lambda: box.get_attribute("aria-expanded") == "false")
        return choices


def _label(root: WebElement) -> str:
    labels = root.find_elements(By.CSS_SELECTOR, "[data-part=label]")
    return labels[0].text.replace("*", "").strip() if labels else ""
