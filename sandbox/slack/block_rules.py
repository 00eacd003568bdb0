"""Block Kit's limits as a table.

Sources: docs.slack.dev/block-kit, slack_sdk 3.47 models and slackblocks 3.0.0 ``spec/limits.json``. Blocks whose
fields are not documented to the end (``loose``) pass fields that the table does not list.
"""

from sandbox.slack.block_schema import Flag, Free, Items, Maybe, Number, One, Rule, Shape, Text, TextObject

ID = Text(255, 0)
URL = Text(3000)
FREE = Free()
FLAG = Flag()
DATE = Text(10)


def _plain(most: int) -> TextObject:
    return TextObject(most, plain=True)


# --- Composition objects ---------------------------------------------------------------------------------------

CONFIRM = Shape(
    {"title": _plain(100), "text": TextObject(300)},
    {"confirm": _plain(30), "deny": _plain(30), "style": Text(choices=("primary", "danger"))},
)
OPTION = Shape({"text": _plain(75), "value": Text(150)}, {"description": _plain(75)})
MARKED_OPTION = Shape({"text": TextObject(75), "value": Text(150)}, {"description": TextObject(75)})
LINK_OPTION = Shape({"text": _plain(75), "value": Text(150)}, {"description": _plain(75), "url": URL})
GROUP = Shape({"label": _plain(75), "options": Items(OPTION, 100)})
DISPATCH = Shape({}, {"trigger_actions_on": Items(Text(), 2)})
SLACK_FILE = Shape({}, {"id": Text(255), "url": URL})

# --- Elements --------------------------------------------------------------------------------------------------

ELEMENTS: dict[str, Shape] = {}
COMMON: dict[str, Rule] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": FLAG}
HELD: dict[str, Rule] = {
    "action_id": ID,
    "focus_on_load": FLAG,
    "dispatch_action_config": DISPATCH,
    "placeholder": _plain(150),
}
SELECT: dict[str, Rule] = {**COMMON, "placeholder": _plain(150)}
MULTI: dict[str, Rule] = {**SELECT, "max_selected_items": Number(1)}
OPTIONS: dict[str, Rule] = {"options": Items(OPTION, 100), "option_groups": Items(GROUP, 100)}
STYLE = Text(choices=("primary", "danger"))

ELEMENTS |= {
    "button": Shape(
        {"text": _plain(75)},
        {
            "action_id": ID,
            "url": URL,
            "value": Text(2000, 0),
            "style": STYLE,
            "confirm": CONFIRM,
            "accessibility_label": Text(75),
        },
    ),
    "workflow_button": Shape(
        {"text": _plain(75), "workflow": FREE},
        {"action_id": ID, "style": STYLE, "accessibility_label": Text(75)},
    ),
    "feedback_buttons": Shape({"positive_button": FREE, "negative_button": FREE}, {"action_id": ID}),
    "icon_button": Shape(
        {"icon": Text(), "text": _plain(75)},
        {
            "action_id": ID,
            "accessibility_label": Text(75),
            "value": Text(2000, 0),
            "visible_to_user_ids": FREE,
            "confirm": CONFIRM,
        },
    ),
    "image": Shape({"alt_text": Text(2000)}, {"image_url": URL, "slack_file": SLACK_FILE}),
    "overflow": Shape({"options": Items(LINK_OPTION, 5)}, {"action_id": ID, "confirm": CONFIRM}),
    "checkboxes": Shape({"options": Items(MARKED_OPTION, 10)}, {**COMMON, "initial_options": Items(MARKED_OPTION, 10)}),
    "radio_buttons": Shape({"options": Items(MARKED_OPTION, 10)}, {**COMMON, "initial_option": MARKED_OPTION}),
    "static_select": Shape({}, {**SELECT, **OPTIONS, "initial_option": OPTION}),
    "multi_static_select": Shape({}, {**MULTI, **OPTIONS, "initial_options": Items(OPTION, 100)}),
    "external_select": Shape({}, {**SELECT, "initial_option": OPTION, "min_query_length": Number()}),
    "multi_external_select": Shape({}, {**MULTI, "initial_options": Items(OPTION, 100), "min_query_length": Number()}),
    "users_select": Shape({}, {**SELECT, "initial_user": Text()}),
    "multi_users_select": Shape({}, {**MULTI, "initial_users": Items(Text(), 100)}),
    "conversations_select": Shape(
        {},
        {
            **SELECT,
            "initial_conversation": Text(),
            "default_to_current_conversation": FLAG,
            "response_url_enabled": FLAG,
            "filter": FREE,
        },
    ),
    "multi_conversations_select": Shape(
        {},
        {
            **MULTI,
            "initial_conversations": Items(Text(), 100),
            "default_to_current_conversation": FLAG,
            "filter": FREE,
        },
    ),
    "channels_select": Shape({}, {**SELECT, "initial_channel": Text(), "response_url_enabled": FLAG}),
    "multi_channels_select": Shape({}, {**MULTI, "initial_channels": Items(Text(), 100)}),
    "datepicker": Shape({}, {**SELECT, "initial_date": DATE}),
    "timepicker": Shape({}, {**SELECT, "initial_time": DATE, "timezone": Text()}),
    "datetimepicker": Shape({}, {**COMMON, "initial_date_time": Number()}),
    "plain_text_input": Shape(
        {},
        {
            **HELD,
            "initial_value": Text(3000, 0),
            "multiline": FLAG,
            "min_length": Number(0, 3000),
            "max_length": Number(1, 3000),
        },
    ),
    "email_text_input": Shape({}, {**HELD, "initial_value": Text()}),
    "url_text_input": Shape({}, {**HELD, "initial_value": Text()}),
    "number_input": Shape(
        {"is_decimal_allowed": FLAG},
        {**HELD, "initial_value": Text(), "min_value": Text(), "max_value": Text()},
    ),
    "rich_text_input": Shape({}, {**HELD, "initial_value": FREE, "min_lines": Number(), "max_lines": Number()}),
    "file_input": Shape({}, {"action_id": ID, "filetypes": FREE, "max_files": Number(1, 10)}),
}

MENUS = tuple(name for name in ELEMENTS if name.endswith("_select"))
CHOICES = ("checkboxes", "radio_buttons", "datepicker", "timepicker", *MENUS)
ACCESSORIES = ("button", "workflow_button", "image", "overflow", *CHOICES)
ACTIONS = (
    "button",
    "workflow_button",
    "icon_button",
    "overflow",
    "datetimepicker",
    "rich_text_input",
    *CHOICES,
)
INPUTS = (
    "datetimepicker",
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "rich_text_input",
    "file_input",
    *CHOICES,
)

# --- Rich text and tables --------------------------------------------------------------------------------------

RICH = Shape({"elements": Items(Shape(loose=True), 1000, 0)}, loose=True)
RICH_TYPES = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
RICH_TEXT = Shape({"elements": Items(One(dict.fromkeys(RICH_TYPES, RICH), RICH_TYPES), 1000)}, {"block_id": ID})
CELLS: dict[str, Shape] = {
    "raw_text": Shape({"text": Text()}),
    "raw_number": Shape({"value": FREE}, {"text": Text()}),
    "rich_text": RICH_TEXT,
}
ROW = Items(One(CELLS, tuple(CELLS)), 20)
COLUMN = Shape({}, {"align": Text(choices=("left", "center", "right")), "is_wrapped": FLAG})

# --- Blocks ----------------------------------------------------------------------------------------------------

BUTTON = One(ELEMENTS, ("button", "workflow_button", "icon_button"))
PICTURE: dict[str, Rule] = {
    "image_url": URL,
    "slack_file": SLACK_FILE,
    "title": _plain(2000),
    "block_id": ID,
}
BLOCKS: dict[str, Shape] = {}
BLOCKS |= {
    "section": Shape(
        {},
        {
            "text": TextObject(3000),
            "fields": Items(TextObject(2000), 10),
            "accessory": One(ELEMENTS, ACCESSORIES),
            "expand": FLAG,
            "block_id": ID,
        },
    ),
    "divider": Shape({}, {"block_id": ID}),
    "header": Shape({"text": _plain(150)}, {"block_id": ID}),
    "image": Shape({"alt_text": Text(2000)}, PICTURE),
    "actions": Shape({"elements": Items(One(ELEMENTS, ACTIONS), 25)}, {"block_id": ID}),
    "context": Shape(
        {
            "elements": Items(
                One(
                    {
                        "image": ELEMENTS["image"],
                        "mrkdwn": Shape({"text": Text()}, {"verbatim": FLAG}),
                        "plain_text": Shape({"text": Text()}, {"emoji": FLAG}),
                    },
                    ("image", "mrkdwn", "plain_text"),
                ),
                10,
            )
        },
        {"block_id": ID},
    ),
    "context_actions": Shape(
        {"elements": Items(One(ELEMENTS, ("feedback_buttons", "icon_button")), 5)}, {"block_id": ID}
    ),
    "input": Shape(
        {"label": _plain(2000), "element": One(ELEMENTS, INPUTS)},
        {"hint": _plain(2000), "dispatch_action": FLAG, "optional": FLAG, "block_id": ID},
    ),
    "markdown": Shape({"text": Text(12_000)}, {"block_id": ID}),
    "rich_text": RICH_TEXT,
    "table": Shape(
        {"rows": Items(ROW, 100)},
        {"column_settings": Items(Maybe(COLUMN), 20, 0), "block_id": ID},
    ),
    "data_table": Shape({"rows": Items(ROW, 201, 2)}, {"page_size": Number(1, 100), "block_id": ID}, loose=True),
    "data_visualization": Shape({}, {"title": Text(50), "block_id": ID}, loose=True),
    "video": Shape(
        {"alt_text": Text(2000), "video_url": URL, "thumbnail_url": URL, "title": _plain(200)},
        {"block_id": ID},
        loose=True,
    ),
    "file": Shape({"external_id": ID, "source": Text(choices=("remote",))}, {"block_id": ID}),
    "alert": Shape(
        {"text": TextObject(200)},
        {"level": Text(choices=("default", "info", "warning", "error", "success")), "block_id": ID},
    ),
    "task_card": Shape(
        {"task_id": Text(255), "title": Text(255)},
        {
            "details": RICH_TEXT,
            "output": RICH_TEXT,
            "sources": Items(Shape(loose=True), 50),
            "status": Text(choices=("pending", "in_progress", "complete", "error")),
            "block_id": ID,
        },
    ),
    "plan": Shape({"title": Text(255), "tasks": Items(One(BLOCKS, ("task_card",)), 50)}, {"block_id": ID}),
    "card": Shape(
        {},
        {
            "hero_image": One(ELEMENTS, ("image",)),
            "icon": One(ELEMENTS, ("image",)),
            "title": TextObject(150),
            "subtitle": TextObject(150),
            "body": TextObject(200),
            "actions": Items(BUTTON, 3),
            "block_id": ID,
        },
    ),
    "carousel": Shape({"elements": Items(One(BLOCKS, ("card",)), 10)}, {"block_id": ID}),
    "container": Shape({"child_blocks": Items(Shape(loose=True), 10)}, {"block_id": ID}, loose=True),
}
