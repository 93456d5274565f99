"""The pages of the frontend, as far as the tests use them."""

from collections.abc import Awaitable, Callable, Iterable
import contextlib
import time
from typing import Any

from playwright.async_api import Locator, Page, Request, TimeoutError as PlaywrightTimeout, expect

INTEGRATIONS = "/config/integrations/dashboard"
_ATTEMPTS = 8
_OPENINGS = 20
_LISTED_MS = 5_000
"""For one connection, once the page lists any, or says that there is none."""
_CLICK_MS = 10_000
"""For a click on what may have moved away under it, after which there is another attempt."""

# Reads what is shown, through shadow roots, each time that the browser draws.
_WATCH = """
(element, text) => {
    const shown = node => {
        if (node.nodeType === Node.TEXT_NODE) return node.textContent;
        if (["STYLE", "SCRIPT"].includes(node.nodeName)) return "";
        let all = "";
        for (const child of [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]) all += shown(child);
        return all;
    };
    window.seenAt = new Promise(resolve => {
        const look = () => {
            if (shown(element).replace(/\\s+/g, " ").includes(text)) resolve(Date.now());
            else if (!element.isConnected) resolve(null);
            else requestAnimationFrame(look);
        };
        look();
    });
}
"""


async def open_dashboard(page: Page) -> None:
    """Open the demo's dashboard by the address that the demo prints, and wait until it is drawn."""
    await page.goto("/")
    await page.locator("hui-tile-card").first.wait_for()


def tile(page: Page, name: str) -> Locator:
    """Return the tile of that name on the dashboard."""
    return page.locator("hui-tile-card").filter(has=page.get_by_text(name, exact=True))


async def toggle(page: Page, name: str) -> None:
    """Click the icon of a tile."""
    await tile(page, name).locator("ha-tile-icon").click()


def toast(page: Page) -> Locator:
    """Return the message at the edge of the page."""
    return page.locator("notification-manager").locator("ha-toast")


async def shown_within_a_second(
    element: Locator, texts: Iterable[str], report: Callable[[str], Awaitable[Any]], *, times: int = 3
) -> None:
    """Assert that the browser draws a text within the element less than a second after it was reported, so many times.

    A machine that does something else at that very moment draws it later: then the next text has to do.
    """
    took: list[float | None] = []
    for text in texts:
        # The element may be made anew by the frontend: then nobody sees when
        await element.evaluate(_WATCH, text)
        began = time.time()
        await report(text)
        await expect(element).to_contain_text(text)
        seen: float | None = await element.page.evaluate("window.seenAt")
        took.append(None if seen is None else seen / 1000 - began)
        if sum(1 for seconds in took if seconds is not None and seconds < 1.0) >= times:
            return
    raise AssertionError(f"Not {times} of these were drawn within a second: {took} s")


class FlowDialog:
    """A dialog with the steps of a flow."""

    def __init__(self, page: Page) -> None:
        """Be there on any page."""
        self._page = page
        self.flow = page.locator("dialog-data-entry-flow")

    async def choose(self, option: str) -> None:
        """Choose from a menu."""
        await self.flow.get_by_text(option, exact=True).click()

    async def fill(self, **texts: str) -> None:
        """Fill fields of the form, by their names; `port` is the only one for numbers."""
        for name, text in texts.items():
            field = self.flow.get_by_role("spinbutton") if name == "port" else self.flow.locator(f"input[name={name}]")
            await field.fill(text)

    @property
    def open_choice(self) -> Locator:
        """The only field of the form that offers a list and can be typed into."""
        return self.flow.locator("ha-selector-select ha-generic-picker")

    async def unfold(self) -> Locator:
        """Unfold the list of that field; return where one types."""
        await self.open_choice.locator("ha-picker-field").click()
        return self._page.get_by_placeholder("Search | Add custom item")

    async def type_own(self, text: str) -> None:
        """Type something of one's own into that field."""
        await (await self.unfold()).fill(text)
        await self._page.get_by_text("Add custom item").click()
        # Only then the form has it, and whatever else is typed is kept
        await self.open_choice.get_by_text(text, exact=True).wait_for()

    async def select(self, field: str, label: str) -> None:
        """Choose from the list of a field that cannot be typed into."""
        chooser = self.flow.locator("ha-select").filter(
            has=self._page.locator(f"ha-picker-field[aria-label='{field}']")
        )
        await chooser.locator("ha-picker-field").click()
        await chooser.get_by_role("menuitem", name=label).or_(chooser.get_by_role("option", name=label)).click()
        # Only then the form has it
        await chooser.locator("ha-picker-field").get_by_text(label, exact=True).wait_for()

    async def pick_entity(self, search: str, name: str, domain: str) -> None:
        """Choose the entity of a name and a kind from what a search finds."""
        picker = self.flow.locator("ha-entity-picker")
        await picker.locator("ha-picker-field").click()
        await picker.locator("ha-picker-combo-box input").first.fill(search)
        found = picker.locator("ha-combo-box-item").filter(has=self._page.get_by_text(name, exact=True))
        await found.filter(has=self._page.get_by_text(domain, exact=True)).first.click()
        # Only then the form has it
        await picker.locator("ha-picker-field").get_by_text(name, exact=True).wait_for()

    async def submit(self) -> None:
        """Press the button."""
        await self.flow.get_by_role("button", name="Submit").click()

    async def go_on(self) -> None:
        """Press the button of a step that is not the last, or of the last."""
        await self.flow.get_by_role("button", name="Next").or_(self.flow.get_by_role("button", name="Submit")).click()

    @property
    def error(self) -> Locator:
        """The message above the form."""
        return self.flow.locator("ha-alert[alert-type=error]")

    async def close(self) -> None:
        """Close it, when it is done."""
        await self.flow.get_by_role("button", name="Close").last.click()
        await self.flow.locator("ha-dialog").wait_for(state="hidden")


class AddDialog(FlowDialog):
    """The dialogs that add an integration."""

    async def open(self, integration: str) -> None:
        """Go to Settings, Devices & services, Add integration, and choose one."""
        page = self._page
        await page.goto(INTEGRATIONS)
        await page.get_by_role("button", name="Add integration").click()
        await page.get_by_placeholder("Search for a brand name").fill(integration)
        await page.locator("dialog-add-integration").get_by_text(integration, exact=True).first.click()
        # Home Assistant asks this where it has discovered some
        another = page.get_by_text(f"Set up another instance of {integration}")
        await another.or_(self.flow.locator("step-flow-menu, step-flow-form")).first.wait_for()
        if await another.is_visible():
            await another.click()


def _begins_flow(request: Request) -> bool:
    """Tell whether a request begins a flow of a connection: its options, its reconfiguration, or another subentry."""
    return request.method == "POST" and "/api/config/config_entries/" in request.url and request.url.endswith("/flow")


class EntryRow:
    """A connection on the integration's page."""

    def __init__(self, page: Page, title: str) -> None:
        """Be the row of the entry with this title."""
        self._page = page
        self.row = page.locator("ha-config-entry-row").filter(has=page.get_by_text(title, exact=True)).first

    async def open(self) -> None:
        """Go there."""
        listed = self._page.locator("ha-config-integration-page").locator("ha-config-entry-row, .no-entries")
        for _ in range(_OPENINGS):
            await self._page.goto("/config/integrations/integration/iot_gateway")
            await listed.first.wait_for()
            # The frontend lists none where one changes at the very moment that it asks for all
            with contextlib.suppress(PlaywrightTimeout):
                await self.row.wait_for(timeout=_LISTED_MS)
                return
        raise AssertionError(f"The page lists the connection in none of {_OPENINGS} attempts")

    async def configure(self) -> FlowDialog:
        """Open the options."""

        async def click() -> None:
            await self.row.get_by_role("button", name="Configure").first.click(timeout=_CLICK_MS)

        return await self._begin(click)

    async def choose(self, item: str) -> FlowDialog:
        """Choose from the menu what begins a flow."""

        async def click() -> None:
            await self.row.get_by_role("button", name="Menu").first.click(timeout=_CLICK_MS)
            await self.row.get_by_role("menuitem", name=item).first.click(timeout=_CLICK_MS)

        return await self._begin(click)

    async def _begin(self, click: Callable[[], Awaitable[None]]) -> FlowDialog:
        """Begin a flow, of this connection.

        The frontend moves connections from one row to another when the state of any of them changes, and others may try again
        at any time: a click can begin the flow of what stands in the row since, and a menu can be one in which the item isn't.
        """
        for _ in range(_ATTEMPTS):
            dialog = FlowDialog(self._page)
            try:
                entry_id = await self.row.get_attribute("data-entry-id", timeout=_CLICK_MS)
                async with self._page.expect_request(_begins_flow, timeout=_CLICK_MS) as begun:
                    await click()
                request = await begun.value
            except PlaywrightTimeout:
                # Nothing, or a menu that isn't ours: from the beginning
                await self.open()
                continue
            if entry_id and entry_id in (request.post_data or ""):
                return dialog
            # Another's: that is left again
            with contextlib.suppress(PlaywrightTimeout):
                await dialog.flow.locator("step-flow-form").wait_for(timeout=_CLICK_MS)
                await dialog.close()
            await self.open()
        raise AssertionError(f"Each of {_ATTEMPTS} clicks met another connection")

    async def remove_subentry(self, title: str) -> None:
        """Delete one of the subentries that are listed below the connection, by its menu."""
        sub = self._page.locator("ha-config-sub-entry-row").filter(has=self._page.get_by_text(title, exact=True)).first
        sure = self._page.locator("dialog-box")
        for _ in range(_ATTEMPTS):
            try:
                await sub.get_by_role("button", name="Menu").first.click(timeout=_CLICK_MS)
                await sub.get_by_role("menuitem", name="Delete").first.click(timeout=_CLICK_MS)
                # What stands in a row may be another's since, as in `_begin`
                await sure.get_by_text(title).first.wait_for(timeout=_CLICK_MS)
            except PlaywrightTimeout:
                await self.open()
                continue
            await sure.get_by_role("button", name="Delete").click()
            await sub.wait_for(state="detached")
            return
        raise AssertionError(f"Each of {_ATTEMPTS} clicks met something else than {title}")


class RepairsPage:
    """Settings, Repairs."""

    def __init__(self, page: Page) -> None:
        """Begin on any page."""
        self._page = page
        self.dialog = page.locator("dialog-repairs-issue")

    async def open(self) -> None:
        """Go there."""
        await self._page.goto("/config/repairs")
        await self._page.locator("ha-config-repairs").first.wait_for()

    def issue(self, title: str) -> Locator:
        """Return what is listed under this title."""
        return self._page.locator("ha-config-repairs").get_by_text(title, exact=True)

    async def read(self, title: str) -> Locator:
        """Open an issue; return its dialog."""
        await self.issue(title).click()
        await self.dialog.get_by_text(title, exact=True).first.wait_for()
        return self.dialog

    async def close(self) -> None:
        """Close what was opened."""
        await self.dialog.get_by_role("button", name="Close").first.click()
        await self.dialog.locator("ha-dialog").wait_for(state="hidden")
