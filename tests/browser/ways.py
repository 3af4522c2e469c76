"""The way to each page, as a person goes it."""

import re
from collections.abc import Callable
from datetime import date

from playwright.sync_api import Locator, Page, expect

from tests.browser.demo import Demo
from tests.ical.files import calendar, vevent

SEND = re.compile("^(Send|Schedule event)")
"""The button that sends the form of a new event: it says to how many people."""
COORDINATOR, FBI_LEAD, ADVOCATE = "Task force coordinator", "FBI operation lead", "Harbor House advocate"
MONTHLY, TRAINING = "Monthly task force meeting", "Training: Recognizing the signs"

Way = Callable[[Page, Demo], None]


def day_link(page: Page, day: str) -> Locator:
    """Return the link of a day (ISO) in the table of the calendar."""
    named = date.fromisoformat(day)
    return page.locator("[data-grid] .tt-day").filter(has_text=f"{named:%B} {named.day},")


def to(path: str) -> Way:
    """Go to an address of the site."""
    return lambda page, _: page.goto(path)


def to_row(path: str, name: str, then: str = "") -> Way:
    """Go to a list, from there to what a row of it is named by, and then to an address below."""

    def way(page: Page, _: Demo) -> None:
        page.goto(path)
        page.locator("tbody th").get_by_role("link", name=name, exact=True).click()
        page.wait_for_url(f"**{path}/*")
        if then:
            page.goto(f"{page.url}/{then}")

    return way


def to_refused(path: str, button: str) -> Way:
    """Send a form with nothing in it."""

    def way(page: Page, _: Demo) -> None:
        page.goto(path)
        page.get_by_role("button", name=button).click()
        page.locator(".usa-alert--error").wait_for()

    return way


def to_refused_invitation(page: Page, _: Demo) -> None:
    """Invite those who are checked: no one."""
    page.goto("/people/invitations")
    page.get_by_role("button", name="Invite selected people").click()
    page.locator(".usa-alert--error").wait_for()


def to_nameless_filter(page: Page, _: Demo) -> None:
    """Save a filter of the calendar without a name."""
    page.goto("/calendar?kind=training")
    page.get_by_text("Save this filter").click()
    page.get_by_role("button", name="Save filter").click()
    page.locator(".usa-alert--error").wait_for()


def to_saved_filter(page: Page, _: Demo) -> None:
    """Save a filter of the people, and look for another one."""
    page.goto("/people?q=lead")
    page.get_by_text("Save this filter").click()
    page.get_by_label("Filter name").fill("Those who lead")
    page.get_by_role("button", name="Save filter").click()
    page.locator("#flash").get_by_text("Filter “Those who lead” saved.").wait_for()
    page.get_by_text("Save this filter").click()


def to_trial(page: Page, _: Demo) -> None:
    """Choose a list and see what it would do."""
    page.goto("/people/import")
    content = b"agency_code,name,email\nKCPD,KCPD clerk,clerk@kcpd.example\n"
    page.locator("#f-file").set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Preview import").click()
    page.get_by_role("heading", name="Preview of this import").wait_for()


def to_calendar_report(page: Page, _: Demo) -> None:
    """Choose a calendar file, one of whose events cannot be taken."""
    page.goto("/calendar/import")
    content = calendar(vevent("LOCATION:Room A"), vevent("RRULE:FREQ=SECONDLY", uid="two", title="Every second"))
    page.locator("#f-file").set_input_files({"name": "c.ics", "mimeType": "text/calendar", "buffer": content})
    page.get_by_role("button", name="Preview import").click()
    page.get_by_role("heading", name="Preview of this import").wait_for()


def to_seat(page: Page, demo: Demo) -> None:
    """Go to a committee and from there to the first of its seats."""
    to_row("/committees", "Steering Committee")(page, demo)
    page.locator("td.act a").first.click()
    page.wait_for_url("**/seats/*")


def to_seat_review(page: Page, demo: Demo) -> None:
    """To what a new primary of a seat does to lists of events, before it is saved."""
    to_seat(page, demo)
    other = page.locator("select[name=primary] option:not(:checked):not([value=''])").first
    page.select_option("select[name=primary]", other.get_attribute("value"))
    page.evaluate("for (const box of document.querySelectorAll('[name=alternates]')) box.checked = false")
    page.get_by_role("button", name="Save seat").click()
    page.get_by_role("heading", name="Review who is invited").wait_for()


def to_offboarding_review(page: Page, demo: Demo) -> None:
    """To who takes the place of a person on lists of events, before they are removed."""
    to_row("/people", "HSI liaison", "offboarding")(page, demo)
    page.get_by_label("Successor").fill("HSI special agent")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Review who is invited").wait_for()


def to_event(title: str, month: str, then: str = "") -> Way:
    """Go by the list of a month to an event, and then to an address below its own."""

    def way(page: Page, _: Demo) -> None:
        page.goto(f"/calendar?month={month}&view=list")
        page.locator(".tt-agenda").get_by_role("link", name=title, exact=True).first.click()
        page.wait_for_url("**/events/**")
        if then:
            page.goto(f"{page.url}/{then}")

    return way


def assign_item(page: Page, demo: Demo, owner: str, address: str, title: str) -> str:
    """Give someone an action item of one test's own, and return the link of the email that reveals it."""
    page.goto("/action-items#new")
    page.get_by_label("Action", exact=True).fill(title)
    page.get_by_label("Owner", exact=True).fill(owner)
    page.get_by_role("button", name="Assign item", exact=True).click()
    page.locator("#flash").get_by_text(" assigned to ").wait_for()
    return demo.link(address, page.url.rpartition("/")[2])


def to_empty_form(page: Page, address: str = "/schedule") -> None:
    """Open the form of a new event, without a draft that an earlier test sent last."""
    page.goto(address)
    discard = page.get_by_role("button", name="Discard draft")
    if discard.count():
        discard.click()
        page.locator("#flash").get_by_text("Draft discarded.").wait_for()
        page.goto(address)


def invite_agencies(page: Page, *agencies: str) -> None:
    """Check the boxes of agencies in the form of an event."""
    group = page.get_by_role("group", name="Invite by agency")
    for agency in agencies:
        group.get_by_text(agency).click()
        expect(group.get_by_role("checkbox", name=agency)).to_be_checked()


def to_own_roll(page: Page, title: str) -> None:
    """Schedule an event of one test's own that begins soon, for all of KCPD and FBI, and go to its roll."""
    to_empty_form(page)
    page.locator("#f-title").fill(title)
    for name, text in (("date", "2026-12-01"), ("starts", "09:00"), ("ends", "10:00")):
        page.locator(f"#f-{name}").fill(text)
    invite_agencies(page, "KCPD", "FBI")
    page.get_by_role("button", name=SEND).click()
    page.get_by_role("heading", level=1, name=title).wait_for()
    page.goto(f"{page.url}/attendance")


def to_suggested_times(page: Page, _: Demo) -> None:
    """Ask for times for a meeting of a committee with a quorum, and everyone of an agency."""
    to_empty_form(page)
    page.locator("#seen summary").click()
    page.get_by_label("Committee", exact=True).select_option(label="Steering Committee")
    invite_agencies(page, "KCPD")
    page.get_by_role("button", name="Suggest times").click()
    page.locator("[name=slot]").first.wait_for(state="attached")


def to_refused_blackout(page: Page, _: Demo) -> None:
    """Name blackout days of the own agency without saying which."""
    page.goto("/agencies")
    page.get_by_role("link", name="FBI", exact=True).click()
    page.get_by_text("Add blackout days").first.click()
    page.get_by_role("button", name="Add blackout days").click()
    page.locator(".usa-alert--error").wait_for()


def to_site(page: Page, _: Demo) -> None:
    """Open the form of a site."""
    page.goto("/sites")
    page.get_by_role("link", name="KCPD academy, room 4").click()
    page.wait_for_url("**/edit")


def to_edit_from(page: Page, demo: Demo) -> None:
    """Go to the form that changes this and following dates."""
    to_event(MONTHLY, "2027-01")(page, demo)
    event, _, key = page.url.rpartition("/")
    page.goto(f"{event}/edit?from={key}")


def to_recorded_reply(page: Page, demo: Demo) -> None:
    """Record what someone else answered, and then try it without an answer."""
    to_event(MONTHLY, "2026-12")(page, demo)
    page.locator("#record-reply summary").click()
    page.get_by_label("Person").select_option(label="HSI liaison")
    page.locator("#record-reply label", has_text="Maybe").click()
    page.get_by_role("button", name="Record reply").click()
    page.get_by_text("Entered by Task force coordinator").first.wait_for(state="attached")
    page.locator("#record-reply summary").click()
    page.get_by_role("button", name="Record reply").click()
    page.locator(".usa-alert--error").wait_for()
    page.locator("#participants summary").first.click()


def to_moved_date(page: Page, demo: Demo) -> None:
    """Move a date by half an hour, and come back to its page with those people who haven’t confirmed."""
    to_event(MONTHLY, "2027-02", "edit")(page, demo)
    page.get_by_label("Starts").fill("14:00")
    page.get_by_label("Ends").fill("15:30")
    page.locator("#f-place").fill("Annex")
    page.get_by_role("button", name="Save date").click()
    page.get_by_role("heading", name="Confirmed the new").wait_for()


def to_series(title: str, month: str) -> Way:
    """Go by the list of a month to an event, and on to all its dates, the past ones unfolded."""

    def way(page: Page, demo: Demo) -> None:
        to_event(title, month)(page, demo)
        page.get_by_role("link", name="All dates", exact=True).click()
        page.locator("#over summary").click()

    return way


def to_operation(page: Page, _: Demo) -> None:
    """Go to the operation of the demo that is being planned; other tests add operations of their own."""
    page.goto("/search?q=Bluestem")
    page.get_by_role("link", name="Operation Bluestem").first.click()
    page.wait_for_url("**/events/**")


def to_plan(page: Page, demo: Demo) -> None:
    """Go from an operation to its plan, and try to add a site without saying where."""
    to_operation(page, demo)
    page.get_by_role("link", name="Plan, sites, and conflicts").click()
    page.locator("summary", has_text="Add a site").click()
    page.get_by_role("button", name="Add site").click()
    page.locator("#error-summary").wait_for()


def to_asked_site(page: Page, demo: Demo) -> None:
    """Add a site to a plan without the minus sign, so that it is asked which place is meant."""
    to_plan(page, demo)
    page.locator("#f-place").fill("Lot north")
    page.locator("#f-coordinates").fill("39.1011, 94.4155")
    page.get_by_role("button", name="Add site").click()
    page.get_by_text("Which place is it?").wait_for()


def to_planned_site(page: Page, demo: Demo) -> None:
    """Go from a plan to the form of its first site."""
    to_plan(page, demo)
    page.get_by_role("link", name="Edit Motel on the frontage road").click()


def to_order(page: Page, demo: Demo) -> None:
    """Go from an operation to its operations order."""
    to_operation(page, demo)
    page.goto(f"{page.url}/plan/order")


def to_refused_phase(page: Page, demo: Demo) -> None:
    """Try to add a phase without saying when."""
    to_order(page, demo)
    page.get_by_text("Add a phase", exact=True).click()
    page.get_by_role("button", name="Add phase").click()
    page.locator(".usa-alert--error").wait_for()


def to_phase(page: Page, demo: Demo) -> None:
    """Go from the order of an operation to its first phase."""
    to_order(page, demo)
    page.get_by_role("link", name="Edit Briefing").click()


def to_refused_order(page: Page, demo: Demo) -> None:
    """Go on to the form of the order, and send it without any text."""
    to_order(page, demo)
    page.get_by_role("link", name="Edit the order").click()
    for box in page.get_by_role("textbox").all():
        if box.get_attribute("name") != "q":
            box.fill("")
    page.get_by_role("button", name="Save the order").click()
    page.locator(".usa-alert--error").wait_for()


def to_check_in(page: Page, demo: Demo) -> None:
    """Go from an operation to its check-in list."""
    to_operation(page, demo)
    page.goto(f"{page.url}/plan/check-in")


def to_after(page: Page, _: Demo) -> None:
    """Find an operation that is over, and go to what is written down after it."""
    page.goto("/search?q=Switchgrass")
    page.get_by_role("link", name="Operation Switchgrass").first.click()
    page.wait_for_url("**/events/**")
    page.goto(f"{page.url}/plan/after")


def to_need_to_know(page: Page, demo: Demo) -> None:
    """Go from an operation to its need-to-know list, and try to add a person without choosing one."""
    to_operation(page, demo)
    page.goto(f"{page.url}/plan/access")
    page.get_by_role("button", name="Add person").click()
    page.locator(".usa-alert--error").wait_for()


def to_services(page: Page, demo: Demo) -> None:
    """Go from an operation to the notice that its recipients have."""
    to_operation(page, demo)
    page.goto(f"{page.url}/plan/readiness")


def to_refused_notice(page: Page, demo: Demo) -> None:
    """Stand down services, and save another notice without a word in it."""
    to_services(page, demo)
    if page.get_by_text("Stand down services").count():
        page.get_by_text("Stand down services").first.click()
        page.get_by_role("button", name="Stand down services").click()
    page.get_by_role("button", name="Save draft").click()
    page.locator(".usa-alert--error").wait_for()


def to_notice(page: Page, _: Demo) -> None:
    """Go from the calendar to a service-readiness notice."""
    page.goto("/calendar?month=2026-12&view=list")
    page.get_by_role("link", name="Service readiness").click()


def to_poll(page: Page, _: Demo) -> None:
    """Go from the home page to the date poll."""
    page.goto("/")
    page.locator("section:has(#polls) h3 a").click()
    page.wait_for_url("**/polls/*")


def to_date_of_poll(page: Page, demo: Demo) -> None:
    """Choose the first date of the poll, and look at what scheduling does."""
    to_poll(page, demo)
    page.get_by_role("link", name=re.compile("^Choose")).first.click()


def to_cancel_poll(page: Page, demo: Demo) -> None:
    """Look at what happens when the date poll is canceled."""
    to_poll(page, demo)
    page.get_by_role("link", name="Cancel the poll").click()


def to_refused_poll(page: Page, demo: Demo) -> None:
    """Duplicate the draft of the poll, and ask for no dates."""
    to_poll(page, demo)
    page.get_by_role("link", name="Edit the draft").click()
    page.wait_for_url("**/edit")
    page.goto(f"/schedule?like={page.url.split('/')[-2]}")
    page.get_by_role("button", name="Start a date poll").click()
    page.wait_for_url("**/poll")
    page.get_by_role("button", name="Send date poll").click()
    page.locator(".usa-alert--error").wait_for()


def to_poll_link(page: Page, demo: Demo) -> None:
    """Open the link of an email that asks for dates."""
    page.goto(demo.link("hhs.liaison@hhs.example", "Which dates"))


def to_hot_wash(page: Page, demo: Demo) -> None:
    """Go on to the form of the hot wash."""
    to_after(page, demo)
    page.get_by_role("link", name="Edit the hot wash").click()


def to_refused_assignment(page: Page, demo: Demo) -> None:
    """Go on to the form that assigns an after-action item, and send it with nothing in it."""
    to_after(page, demo)
    page.get_by_role("link", name="Assign").first.click()
    page.get_by_role("button", name="Assign item").click()
    page.locator(".usa-alert--error").wait_for()


def to_lesson_preview(page: Page, demo: Demo) -> None:
    """Add a lesson with a text for everyone, and go to its preview."""
    to_after(page, demo)
    page.get_by_role("textbox", name="What was learned").fill("Bring water.")
    page.get_by_role("button", name="Add lesson").click()
    page.locator("#flash").get_by_text("Lesson added.").wait_for()
    page.get_by_role("link", name="Edit lesson").last.click()
    page.get_by_label("Title for everyone").fill("Water")
    page.get_by_label("Text for everyone").fill("Bring water.")
    page.get_by_role("button", name="Save and preview").click()
    page.wait_for_url("**/preview")


def to_paper(name: str) -> Way:
    """Go from an operation to one of its forms on paper."""

    def way(page: Page, demo: Demo) -> None:
        to_operation(page, demo)
        page.goto(f"{page.url}/plan/{name}/print")

    return way


def to_log(page: Page, demo: Demo) -> None:
    """Go from an operation to its activity log."""
    to_operation(page, demo)
    page.goto(f"{page.url}/plan/log")


def to_copies(page: Page, demo: Demo) -> None:
    """Go to the copies of an operation's brief."""
    to_operation(page, demo)
    page.goto(f"{page.url}/plan/brief")


def to_brief(page: Page, demo: Demo) -> None:
    """Issue a copy of an operation's brief."""
    to_copies(page, demo)
    page.get_by_label("Issued to").select_option(index=1)
    page.get_by_role("button", name="Issue copy").click()
    page.wait_for_url("**/plan/brief/*")


def to_refused_schedule(page: Page, _: Demo) -> None:
    """Send the form of a new event with nothing in it."""
    page.goto("/schedule")
    page.get_by_role("button", name=SEND).click()
    page.locator(".usa-alert--error").wait_for()


def to_refused_marking(page: Page, _: Demo) -> None:
    """Mark a new event for everyone as for federal employees alone, of no category."""
    page.goto("/schedule")
    page.get_by_text("Mark it as controlled information").click()
    page.get_by_label("Who may get it").select_option("FED ONLY")
    page.get_by_role("button", name=SEND).click()
    page.locator("#error-summary").get_by_role("link", name="Choose at least one category.").wait_for()


def to_saved_template(page: Page, _: Demo) -> None:
    """Save the form of a new event as a template."""
    page.goto("/schedule")
    page.get_by_label("Title").fill("Core group")
    page.get_by_text("Save as a template").click()
    page.get_by_label("Name of the template").fill("Core group")
    page.get_by_role("button", name="Save template").click()
    page.locator("#flash").get_by_text("Template “Core group” saved.").wait_for()
    page.wait_for_load_state()


def to_templates(page: Page, demo: Demo) -> None:
    """Save a template and list them all."""
    to_saved_template(page, demo)
    page.goto("/schedule/templates")


def to_item(page: Page, _: Demo) -> None:
    """Go to an action item of the list."""
    page.goto("/action-items")
    page.locator("#items .tt-ai a.strong", has_text="Update the referral sheet").first.click()
    page.wait_for_url("**/action-items/*")


def to_reply(page: Page, demo: Demo) -> None:
    """Open the link of an invitation."""
    page.goto(demo.link("kcpd.analyst@kcpd.example", TRAINING))


def to_series_reply(page: Page, demo: Demo) -> None:
    """Open the link of an invitation to a series, with the dates that can be answered for alone."""
    page.goto(demo.series_link("kcpd.analyst@kcpd.example", MONTHLY))
    page.get_by_text("Reply for one date only").click()


def to_item_link(page: Page, demo: Demo) -> None:
    """Open the link of an email about an action item."""
    page.goto(demo.link("kcpd.detective@kcpd.example", "Action item"))


def to_undo_link(page: Page, demo: Demo) -> None:
    """Open the link that undoes what an email changed."""
    page.goto(demo.undo_link("Test the shared radio channel"))


def to_waiting_emails(page: Page, demo: Demo) -> None:
    """Go from home to an email that waits for a decision."""
    demo.let_email_wait("Test the shared radio channel")
    page.goto("/")
    page.get_by_role("link", name="Decide about email replies").click()
    page.wait_for_url("**/email-replies")


def to_sign_in_link(page: Page, demo: Demo) -> None:
    """Open a sign-in link without using it: that of a persona as whom no test signs in."""
    page.goto(demo.sign_in_links["KCPD detective"])


def to_used_link(page: Page, _: Demo) -> None:
    """Open a sign-in link that was never made: one that was used looks the same."""
    page.goto("/sign-in/link/used")


def to_new_codes(page: Page, _: Demo) -> None:
    """Let recovery codes be made."""
    page.goto("/settings/recovery-codes")
    page.get_by_role("button", name="Get 10 new codes").click()
    page.locator(".tt-codes").wait_for()


def to_access(page: Page, _: Demo) -> None:
    """Make a link for the new password of someone, from their page on."""
    page.goto("/people?q=detective")
    page.locator("#found").get_by_role("link", name="KCPD detective", exact=True).click()
    page.get_by_role("link", name="Manage access").click()
    page.get_by_role("button", name="Create a reset link").click()
    page.locator("#reset-link").wait_for()


def to_emails(page: Page, demo: Demo) -> None:
    """Open the list of the demo's emails when there are some, long addresses among them."""
    demo.link("kcpd.detective@kcpd.example", "Action item")
    page.goto("/demo/mail")


def to_email(page: Page, demo: Demo) -> None:
    """Open one of the demo's emails, its parts unfolded."""
    to_emails(page, demo)
    page.get_by_role("link", name="Invitation: ").first.click()
    for part in page.locator("main summary").all():
        part.click()


def to_people_found(page: Page, _: Demo) -> None:
    """Type in the field that chooses a person."""
    page.goto("/messages")
    page.get_by_role("combobox", name="To").fill("kcpd")
    page.get_by_role("listbox", name="People found").get_by_role("option").first.wait_for()


def to_messages_of_event(page: Page, demo: Demo) -> None:
    """Go from an event to its messages."""
    to_event(TRAINING, "2026-12")(page, demo)
    page.get_by_role("link", name="Messages about this event").click()
    page.wait_for_url("**/messages?**")


def to_people_of_a_sending(page: Page, _: Demo) -> None:
    """Open the people of a sending in the list of messages."""
    page.goto("/messages")
    page.locator("main .tt-rows summary").first.click()


def to_sending(page: Page, demo: Demo) -> None:
    """Go from the list of messages to everyone whom a sending went to."""
    to_people_of_a_sending(page, demo)
    page.get_by_role("link", name=re.compile(r"^All \d+ people$")).first.click()
    page.wait_for_url("**/messages/sendings/*")


def to_message(page: Page, demo: Demo) -> None:
    """Go from a sending to what it says to one person."""
    to_sending(page, demo)
    page.get_by_role("rowheader").get_by_role("link").first.click()
    page.get_by_role("article").wait_for()


def to_open_deed(page: Page, _: Demo) -> None:
    """Open a row of the audit log."""
    page.goto("/audit")
    page.locator("#entries summary").nth(1).click()


def to_refused_notifications(page: Page, _: Demo) -> None:
    """Send quiet hours that have no end."""
    page.goto("/settings/notifications")
    page.get_by_text("My own", exact=True).click()
    page.get_by_label("From").fill("22:00")
    page.get_by_role("button", name="Save notifications").click()
    page.locator(".usa-alert--error").wait_for()


def to_committee_reminders(page: Page, _: Demo) -> None:
    """Go from the notifications to the reminders of a committee, and see what a choice means before saving it."""
    page.goto("/settings/notifications")
    page.get_by_role("link", name="Steering Committee").click()
    page.wait_for_url("**/reminders")
    page.get_by_text("Its own, chosen below", exact=True).click()
    page.get_by_text("10 days before the event", exact=True).click()
    page.get_by_text("We follow up 10 days before").wait_for()


def to_committee_escalation(page: Page, demo: Demo) -> None:
    """Go from a committee to the escalation of its action items."""
    to_row("/committees", "Steering Committee")(page, demo)
    page.get_by_role("link", name="Change escalation").click()
    page.wait_for_url("**/escalation")


def to_new_token(page: Page, _: Demo) -> None:
    """Create a personal token, which is shown this once."""
    page.goto("/settings/tokens")
    page.get_by_role("textbox", name="App").fill("Duty roster")
    page.locator("#new label", has_text="Read action items").click()
    page.get_by_role("button", name="Create token").click()
    page.get_by_label("The new token").wait_for()


def to_interface(page: Page, _: Demo) -> None:
    """Open the longest operation of the API."""
    page.goto("/api/v1/docs")
    page.locator("#change_event summary").click()


def to_stop_digest(page: Page, demo: Demo) -> None:
    """Open the link of a weekly digest."""
    page.goto(demo.digest_link())


def to_stopped_digest(page: Page, demo: Demo) -> None:
    """Stop a digest."""
    to_stop_digest(page, demo)
    page.get_by_role("button", name="Stop digest").click()


WAYS: dict[str, tuple[str | None, Way, str]] = {
    "sign in": (None, to("/sign-in"), "Sign in"),
    "sign in by a link": (None, to_sign_in_link, "Sign in with your link"),
    "sign in by a used link": (None, to_used_link, "This sign-in link was used or has expired"),
    "mails of the demo": (None, to_emails, "Demo emails"),
    "a mail of the demo": (None, to_email, "Invitation"),
    "home of the coordinator": (COORDINATOR, to("/"), "What needs you"),
    "home of the advocate": (ADVOCATE, to("/"), "What needs you"),
    "month": (COORDINATOR, to("/calendar?month=2026-12"), "December 2026"),
    "week": (COORDINATOR, to("/calendar?view=week&date=2026-12-10"), "December 6–12, 2026"),
    "week without events": (ADVOCATE, to("/calendar?view=week&date=2031-07-09&mine=1"), "July 6–12, 2031"),
    "list": (COORDINATOR, to("/calendar?month=2026-12&view=list"), "December 2026"),
    "a filter without a name": (COORDINATOR, to_nameless_filter, "Save this filter"),
    "a saved filter": (ADVOCATE, to_saved_filter, "Agencies and people"),
    "import a calendar file": (COORDINATOR, to("/calendar/import"), "Import a calendar file"),
    "a calendar file before it is imported": (COORDINATOR, to_calendar_report, "Import a calendar file"),
    "event": (COORDINATOR, to_event(MONTHLY, "2026-12"), MONTHLY),
    "date that was moved": (COORDINATOR, to_moved_date, MONTHLY),
    "reply recorded with errors": (COORDINATOR, to_recorded_reply, MONTHLY),
    "series": (COORDINATOR, to_series(MONTHLY, "2026-12"), MONTHLY),
    "agenda on paper": (COORDINATOR, to_event(MONTHLY, "2026-12", "print/agenda"), "Agenda"),
    "sign-in sheet": (COORDINATOR, to_event(MONTHLY, "2026-12", "print/sign-in-sheet"), "Sign-in sheet"),
    "copies of a brief": (FBI_LEAD, to_copies, "Brief"),
    "cover of a brief": (FBI_LEAD, to_brief, "Operation Bluestem"),
    "plan of an operation": (FBI_LEAD, to_plan, "Plan"),
    "site that is asked about": (FBI_LEAD, to_asked_site, "Plan"),
    "site of a plan": (FBI_LEAD, to_planned_site, "Edit Motel on the frontage road"),
    "order of an operation": (FBI_LEAD, to_order, "Order and phases"),
    "phases of an operation with errors": (FBI_LEAD, to_refused_phase, "Order and phases"),
    "phase of an operation": (FBI_LEAD, to_phase, "Briefing"),
    "order of an operation with errors": (FBI_LEAD, to_refused_order, "Operations order"),
    "need to know": (FBI_LEAD, to_need_to_know, "Need to know"),
    "check-in of an operation": (FBI_LEAD, to_check_in, "Check-in"),
    "after an operation": (FBI_LEAD, to_after, "After-action"),
    "services of an operation": (FBI_LEAD, to_services, "Service readiness"),
    "service readiness": (ADVOCATE, to_notice, "Service readiness"),
    "service readiness in the month": (ADVOCATE, to("/calendar?month=2026-12"), "December 2026"),
    "services of an operation with errors": (FBI_LEAD, to_refused_notice, "Service readiness"),
    "hot wash": (FBI_LEAD, to_hot_wash, "Hot wash"),
    "after-action item with errors": (FBI_LEAD, to_refused_assignment, "Assign an after-action item"),
    "preview of a lesson": (FBI_LEAD, to_lesson_preview, "Preview"),
    "lessons learned": (ADVOCATE, to("/lessons"), "Lessons learned"),
    "log of an operation": (FBI_LEAD, to_log, "Activity log"),
    "check-in list on paper": (FBI_LEAD, to_paper("check-in"), "Incident check-in list (ICS 211)"),
    "activity log on paper": (FBI_LEAD, to_paper("log"), "Activity log (ICS 214)"),
    "conflicts between operations": (COORDINATOR, to("/deconfliction"), "Conflicts between operations"),
    "operation": (FBI_LEAD, to_operation, "Operation Bluestem"),
    "date poll": (COORDINATOR, to_poll, "Planning day for next year"),
    "date of a poll": (COORDINATOR, to_date_of_poll, "Schedule Planning day for next year"),
    "cancellation of a poll": (COORDINATOR, to_cancel_poll, "Cancel the date poll"),
    "date poll with errors": (COORDINATOR, to_refused_poll, "Start a date poll"),
    "date poll by link": (None, to_poll_link, "Planning day for next year"),
    "search": (COORDINATOR, to("/search?q=task+force"), "Search results for “task force”"),
    "search without a find": (COORDINATOR, to("/search?q=nowhere"), "Search results for “nowhere”"),
    "schedule": (COORDINATOR, to("/schedule"), "Schedule an event"),
    "schedule, small form": (COORDINATOR, to("/schedule?quick=1"), "Schedule an event"),
    "schedule with errors": (COORDINATOR, to_refused_schedule, "Schedule an event"),
    "a saved template": (COORDINATOR, to_saved_template, "Schedule an event"),
    "templates": (COORDINATOR, to_templates, "Event templates"),
    "edit one date": (COORDINATOR, to_event(MONTHLY, "2026-12", "edit"), "Edit one date: Thursday, December 10, 2026"),
    "suggested times": (COORDINATOR, to_suggested_times, "Schedule an event"),
    "edit from a date on": (COORDINATOR, to_edit_from, "starting Fri, Jan 15"),
    "cancel one date": (COORDINATOR, to_event(MONTHLY, "2026-12", "cancellation"), "Cancel this date"),
    "attendance of a past event": (COORDINATOR, to_event(MONTHLY, "2026-11", "attendance"), "Attendance"),
    "a thank-you": (COORDINATOR, to_event(MONTHLY, "2026-11", "thank-you"), "Thank people for coming"),
    "action items": (COORDINATOR, to("/action-items"), "Action items"),
    "one action item": (COORDINATOR, to_item, "Update the referral sheet"),
    "people": (COORDINATOR, to("/people"), "Agencies and people"),
    "people whom an advocate knows": (ADVOCATE, to("/people"), "Agencies and people"),
    "one person": (COORDINATOR, to_row("/people", "HHS regional specialist"), "HHS regional specialist"),
    "add a person": (COORDINATOR, to("/people/new"), "Add a person"),
    "add a person with errors": (COORDINATOR, to_refused("/people/new", "Add person"), "Add a person"),
    "edit a person": (COORDINATOR, to_row("/people", "KCPD analyst", "edit"), "Edit KCPD analyst"),
    "somebody leaves": (
        COORDINATOR,
        to_row("/people", "HSI liaison", "offboarding"),
        "Remove HSI liaison from the task force",
    ),
    "offboarding under review": (COORDINATOR, to_offboarding_review, "Remove HSI liaison from the task force"),
    "lost device of a person": (
        COORDINATOR,
        to_row("/people", "KCPD detective", "access/lost-device"),
        "KCPD detective lost a phone or computer",
    ),
    "suspend somebody": (COORDINATOR, to_row("/people", "HSI liaison", "suspension"), "Suspend HSI liaison"),
    "import a list": (COORDINATOR, to("/people/import"), "Import a list"),
    "a list before it is imported": (COORDINATOR, to_trial, "Import a list"),
    "invite people": (COORDINATOR, to("/people/invitations"), "Invite people"),
    "invite nobody": (COORDINATOR, to_refused_invitation, "Invite people"),
    "accounts to review": (COORDINATOR, to("/people/review"), "Accounts to review"),
    "add an agency": (COORDINATOR, to("/agencies/new"), "Add an agency"),
    "edit an agency": (COORDINATOR, to_row("/agencies", "IPD", "edit"), "Edit IPD"),
    "add a committee": (COORDINATOR, to("/committees/new"), "Add a committee"),
    "edit a committee": (COORDINATOR, to_row("/committees", "Steering Committee", "edit"), "Edit Steering Committee"),
    "a seat": (COORDINATOR, to_seat, "seat"),
    "a seat under review": (COORDINATOR, to_seat_review, "seat"),
    "agencies": (COORDINATOR, to("/agencies"), "Agencies"),
    "blackout days with errors": (FBI_LEAD, to_refused_blackout, "Federal Bureau of Investigation"),
    "marking with errors": (COORDINATOR, to_refused_marking, "Schedule an event"),
    "sites": (COORDINATOR, to("/sites"), "Sites"),
    "add a site": (COORDINATOR, to("/sites/new"), "Add a site"),
    "edit a site": (COORDINATOR, to_site, "Edit KCPD academy, room 4"),
    "one agency": (COORDINATOR, to_row("/agencies", "CAHT"), "Coalition Against Human Trafficking"),
    "committees": (COORDINATOR, to("/committees"), "Committees"),
    "one committee": (COORDINATOR, to_row("/committees", "Steering Committee"), "Steering Committee"),
    "reports": (COORDINATOR, to("/reports?period=2026-H2"), "Reports"),
    "reports of chosen days": (FBI_LEAD, to("/reports?period=custom&from=2026-12-02&to=2026-11-02"), "Reports"),
    "rows of attendance": (COORDINATOR, to("/reports/rows?period=2026-11&part=places&of=remote"), "Remote"),
    "rows of dates": (COORDINATOR, to("/reports/rows?period=2026-11&part=dates&of=held"), "Dates held"),
    "rows of items": (COORDINATOR, to("/reports/rows?period=2026-H2&part=items&of=open"), "Action items: open"),
    "personal tokens": (COORDINATOR, to("/settings/tokens"), "Personal tokens"),
    "new personal token": (COORDINATOR, to_new_token, "Personal tokens"),
    "API reference": (None, to_interface, "API reference"),
    "subscriptions": (COORDINATOR, to("/subscriptions"), "Calendar subscriptions"),
    "shared calendar": (COORDINATOR, to("/settings/calendar"), "Share your availability"),
    "settings": (COORDINATOR, to("/settings"), "Settings"),
    "settings of a member": (ADVOCATE, to("/settings"), "Settings"),
    "another authenticator": (ADVOCATE, to("/settings/authenticator"), "Set up an authenticator app"),
    "recovery codes": (ADVOCATE, to("/settings/recovery-codes"), "Recovery codes"),
    "new recovery codes": (ADVOCATE, to_new_codes, "Save your recovery codes"),
    "access of a person": (COORDINATOR, to_access, "Access for KCPD detective"),
    "link for a new password that is over": (None, to("/sign-in/reset/broken"), "This link was used or has expired"),
    "lost phone": (ADVOCATE, to("/settings/lost-phone"), "I lost my phone or computer"),
    "admin": (COORDINATOR, to("/admin"), "Admin"),
    "emergency access": (COORDINATOR, to("/emergency-access"), "Emergency access"),
    "health": (COORDINATOR, to("/admin/health"), "Health"),
    "audit log": (COORDINATOR, to("/audit"), "Audit log"),
    "audit log with a deed open": (COORDINATOR, to_open_deed, "Audit log"),
    "audit log with a mistake": (COORDINATOR, to("/audit?from=odd"), "Audit log"),
    "messages": (COORDINATOR, to("/messages"), "Messages"),
    "messages with people found": (COORDINATOR, to_people_found, "Messages"),
    "messages with people open": (COORDINATOR, to_people_of_a_sending, "Messages"),
    "one sending": (COORDINATOR, to_sending, ""),
    "one message": (COORDINATOR, to_message, ", to "),
    "messages of an event": (COORDINATOR, to_messages_of_event, f"Messages about {TRAINING}"),
    "notifications": (ADVOCATE, to("/settings/notifications"), "Notifications"),
    "the task force’s quiet hours": (COORDINATOR, to("/settings/quiet-hours"), "The task force’s quiet hours"),
    "the task force’s reminders": (COORDINATOR, to("/settings/reminders"), "The task force’s reminders"),
    "notifications with errors": (COORDINATOR, to_refused_notifications, "Notifications"),
    "escalation of a committee": (COORDINATOR, to_committee_escalation, "Escalation for Steering Committee"),
    "reminders of a committee": (COORDINATOR, to_committee_reminders, "Reminders for Steering Committee"),
    "help": (ADVOCATE, to("/help"), "Guide"),
    "a page of the guide": (ADVOCATE, to("/help/attendance"), "Taking attendance"),
    "nothing there": (COORDINATOR, to("/nothing-there"), "We can’t find that page"),
    "reply to an invitation": (None, to_reply, TRAINING),
    "reply to a series": (None, to_series_reply, MONTHLY),
    "update an item": (None, to_item_link, "Update action item"),
    "email replies": (COORDINATOR, to_waiting_emails, "Email replies"),
    "undo an email": (None, to_undo_link, "Undo what your email changed?"),
    "stop the digest": (None, to_stop_digest, "Stop the weekly digest?"),
    "digest stopped": (None, to_stopped_digest, "You won’t get the weekly digest"),
    "broken link": (None, to("/r/broken"), "This link no longer works"),
}
"""Page → who goes there (None: someone who is not signed in), how, and the heading of that page."""
