/** @file Times, names and initials as a person reads them. Timestamps are Slack's: seconds with a fraction, as text. */

const DAY_MS = 86_400_000;

/** The Date of a Slack timestamp. */
export function dateOf(ts) {
  return new Date(Number(ts) * 1000);
}

const formats = new Map();
/** Format with a cached Intl formatter: building one costs far more than using it. */
function format(date, options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(undefined, options));
  return formats.get(key).format(date);
}

/** "10:33 AM" in the reader's locale. */
export function clock(date, seconds = false) {
  return format(date, { hour: "numeric", minute: "2-digit", ...(seconds && { second: "2-digit" }) });
}

/** "Monday, November 23, 2026 at 10:33:05 AM". */
export function fullTime(date) {
  return `${format(date, { weekday: "long", year: "numeric", month: "long", day: "numeric" })} at ${clock(date, true)}`;
}

/** Whole days between two dates' midnights (0 today, 1 yesterday). */
function daysAgo(date, now = new Date()) {
  const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  return Math.round((midnight(now) - midnight(date)) / DAY_MS);
}

/** "Today", "Yesterday", "Tomorrow", or undefined. */
function prettyDay(date) {
  return { 0: "Today", 1: "Yesterday", "-1": "Tomorrow" }[daysAgo(date)];
}

/** The label of a day divider. */
export function dayLabel(date) {
  return prettyDay(date) ?? format(date, { weekday: "long", month: "long", day: "numeric" });
}

/** "today at 10:33 AM", "yesterday at …", "Nov 20 at …". */
export function when(date) {
  const day = prettyDay(date)?.toLowerCase() ?? format(date, { month: "short", day: "numeric" });
  return `${day} at ${clock(date)}`;
}

/** "3 minutes ago" or "in 2 hours". */
export function ago(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]].find(([, s]) => Math.abs(seconds) >= s) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

/** Slack's date tokens (docs.slack.dev/messaging/formatting-message-text#date-formatting). */
const TOKENS = {
  date_num: (d) => `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`,
  date: (d) => format(d, { year: "numeric", month: "long", day: "numeric" }),
  date_slash: (d) => format(d, { year: "numeric", month: "2-digit", day: "2-digit" }),
  date_short: (d) => format(d, { year: "numeric", month: "short", day: "numeric" }),
  date_long: (d) => format(d, { weekday: "long", year: "numeric", month: "long", day: "numeric" }),
  date_long_full: (d) => format(d, { weekday: "long", year: "numeric", month: "long", day: "numeric" }),
  date_pretty: (d) => prettyDay(d) ?? TOKENS.date(d),
  date_short_pretty: (d) => prettyDay(d) ?? TOKENS.date_short(d),
  date_long_pretty: (d) => prettyDay(d) ?? TOKENS.date_long(d),
  day_divider_pretty: (d) => dayLabel(d),
  time: (d) => clock(d),
  time_secs: (d) => clock(d, true),
  ago: (d) => ago(d),
};

/**
 * Fill a Slack date format such as "{date_short_pretty} at {time}".
 * @param {number} epoch seconds
 * @param {string} pattern
 */
export function slackDate(epoch, pattern) {
  const date = dateOf(epoch);
  return pattern.replace(/\{(\w+)\}/g, (token, name) => TOKENS[name]?.(date) ?? token);
}

/** Up to two initials of a name. */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") || "?";
}

/** "1 reply", "2 replies". */
export function count(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}

/** The permalink path of a message. */
export function permalink(message) {
  const path = `/archives/${message.channel}/p${message.ts.replace(".", "")}`;
  const isReply = message.thread_ts && message.thread_ts !== message.ts;
  return isReply ? `${path}?thread_ts=${message.thread_ts}&cid=${message.channel}` : path;
}

/** "340 ms" or "2.1 s". */
export function duration(ms) {
  if (!ms) return "";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** "812 bytes", "29 kB", "1.4 MB". */
export function fileSize(bytes) {
  if (bytes < 1000) return count(bytes, "byte", "bytes");
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
