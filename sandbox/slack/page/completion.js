/** @file What the composer's popup offers for a text: slash commands at its beginning, people behind an @. Pure functions. */

/**
 * @param {string} text
 * @param {number} caret
 * @param {{commands: Array<object>, people: Array<object>}} known
 * @returns {{kind: "command"|"person"|"usage", items?: Array<object>, start?: number, command?: object}|null}
 */
export function suggest(text, caret, { commands, people }) {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before) && !text.slice(caret).trim()) {
    const items = commands.filter((c) => c.command.startsWith(before)).concat(commands.filter((c) => before.length > 1 && !c.command.startsWith(before) && c.command.includes(before.slice(1))));
    return items.length ? { kind: "command", items, start: 0 } : null;
  }
  const command = commands.find((c) => text.startsWith(`${c.command} `));
  if (command) return { kind: "usage", command };
  return suggestPerson(before, people);
}

/** People whose name begins with what stands behind the last @. */
function suggestPerson(before, people) {
  const at = /(?:^|\s)@(\w*)$/.exec(before);
  if (!at) return null;
  const wanted = at[1].toLowerCase();
  const items = people.filter((p) => p.name.toLowerCase().startsWith(wanted) || (p.real_name ?? "").toLowerCase().startsWith(wanted));
  return items.length ? { kind: "person", items, start: before.length - wanted.length - 1 } : null;
}
