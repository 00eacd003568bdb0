/** @file An unmodified Bolt for JavaScript app: proof that the local Slack speaks Slack, not our bot's dialect of it. */

const { App } = require("@slack/bolt");

const app = new App({
  token: process.env.SLACK_BOT_TOKEN ?? "xoxb-sandbox",
  appToken: process.env.SLACK_APP_TOKEN ?? "xapp-sandbox",
  socketMode: true,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

const echoed = (text) => [
  { type: "section", text: { type: "mrkdwn", text: `You said: *${text}*` } },
  {
    type: "actions",
    block_id: "echo",
    elements: [
      { type: "button", action_id: "again", text: { type: "plain_text", text: "Again" }, value: text },
      { type: "button", action_id: "edit", text: { type: "plain_text", text: "Edit…" }, value: text },
    ],
  },
];

app.command("/deploy", async ({ ack, command, say }) => {
  await ack(`Heard ${command.text}`);
  await say({ text: `You said: ${command.text}`, blocks: echoed(command.text) });
});

app.action("again", async ({ ack, action, body, client, respond }) => {
  await ack();
  await client.chat.postMessage({
    channel: body.channel.id, thread_ts: body.message.ts, text: `${action.value}, says <@${body.user.id}>`,
  });
  await respond({ text: "Echoed in the thread.", replace_original: false });
});

app.action("edit", async ({ ack, action, body, client }) => {
  await ack();
  await client.views.open({
    trigger_id: body.trigger_id,
    view: {
      type: "modal",
      callback_id: "edited",
      private_metadata: JSON.stringify({ channel: body.channel.id, ts: body.message.ts }),
      title: { type: "plain_text", text: "Edit the echo" },
      submit: { type: "plain_text", text: "Save" },
      blocks: [{
        type: "input",
        block_id: "text",
        label: { type: "plain_text", text: "Text" },
        element: { type: "plain_text_input", action_id: "value", initial_value: action.value },
      }],
    },
  });
});

app.view("edited", async ({ ack, client, view }) => {
  const text = view.state.values.text.value.value;
  if (text.includes("?")) {
    await ack({ response_action: "errors", errors: { text: "An echo does not ask." } });
    return;
  }
  await ack();
  const { channel, ts } = JSON.parse(view.private_metadata);
  await client.chat.update({ channel, ts, text: `You said: ${text}`, blocks: echoed(text) });
});

app.event("app_home_opened", async ({ client, event }) => {
  await client.views.publish({
    user_id: event.user,
    view: { type: "home", blocks: [{ type: "header", text: { type: "plain_text", text: "The echo is home" } }] },
  });
});

app.start().then(() => console.log("echo is connected"));
