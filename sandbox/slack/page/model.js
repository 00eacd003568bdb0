/** @file Reading the State: who is who, what is where. No DOM here. */

import { isReply } from "./timeline.js";

/** Lookups over the newest State; `app` extends it with what can be done. */
export class Model {
  state = null;
  rosterVersion = "";
  ui = { view: "channel", channel: null, thread: null, inspector: false, homeTab: "home", unreadFrom: null };
  drafts = new Map();
  dismissed = new Set();
  #sent = new Map();

  /** Names for mrkdwn: users, channels and groups by id. */
  ctx = {
    user: (id) => this.user(id),
    channel: (id) => this.channel(id),
    group: (id) => this.state?.usergroups?.find((g) => g.id === id),
    me: "",
  };

  /** Take a newer State. */
  take(state) {
    this.state = state;
    this.ctx.me = state.me;
    this.rosterVersion = JSON.stringify([state.me, state.users, state.channels.map((c) => [c.id, c.name]), state.usergroups]);
  }

  /** The id of the person that the page acts as. */
  get me() {
    return this.state.me;
  }

  /** A user by id, or undefined. */
  user(id) {
    return this.state?.users.find((u) => u.id === id);
  }

  /** A channel by id, or undefined. */
  channel(id) {
    return this.state?.channels.find((c) => c.id === id);
  }

  /** Everybody that one can act as or mention. */
  people() {
    return this.state.users.filter((u) => !u.is_bot && !u.deleted);
  }

  /** All messages of a channel, replies included, oldest first. */
  messages(channel) {
    return this.state.messages[channel] ?? [];
  }

  /** Who wrote a message, under the name that the message carries. */
  author(message) {
    const user = this.user(message.user);
    if (!user) return { id: message.user, name: message.username || message.user, is_bot: true, color: "#6b6f76", system: true };
    return message.username ? { ...user, real_name: message.username } : user;
  }

  /** The other person of a direct message. */
  partner(channel) {
    const other = channel.members.find((id) => id !== this.me) ?? this.me;
    return this.user(other) ?? { id: other, name: other };
  }

  /** "#ml-releases", or the partner's name. */
  channelTitle(id) {
    const channel = this.channel(id);
    if (!channel) return "";
    const partner = channel.is_im && this.partner(channel);
    return channel.is_im ? partner.real_name || partner.name : `#${channel.name}`;
  }

  /** How many messages are unread; the open channel has none. */
  unread(channel) {
    const open = this.ui.view === "channel" && this.ui.channel === channel.id;
    return open ? 0 : channel.unread;
  }

  /** The first message of a channel that was unread, as a ts, or null. */
  firstUnread(channel) {
    const others = this.messages(channel.id).filter((m) => m.user !== this.me);
    const unread = channel.unread ? others.slice(-channel.unread) : [];
    return unread.find((m) => !isReply(m))?.ts ?? null;
  }

  /** What a user sent from this page, oldest first. */
  sent(user) {
    if (!this.#sent.has(user)) this.#sent.set(user, []);
    return this.#sent.get(user);
  }

  /** People as menu items. */
  actAsItems() {
    return this.people().map((u) => ({ value: u.id, label: u.real_name || u.name, hint: u.title, icon: this.avatar(u, "small") }));
  }
}
