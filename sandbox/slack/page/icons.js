/** @file Line icons, drawn for this page on a 24 x 24 grid. */

const PATHS = {
  hash: "M9.5 4 7 20M17 4l-2.5 16M4.5 9h16M3.5 15h16",
  thread: "M4 5.5h16v10.5h-9l-4 3.5v-3.5H4zM8 9.5h8M8 12.5h5",
  link: "M10 13.5a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10.5a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2",
  close: "M6 6l12 12M18 6 6 18",
  back: "M19 12H5M11 6l-6 6 6 6",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.2A8.2 8.2 0 0 1 9.8 4 8.2 8.2 0 1 0 20 14.2",
  auto: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 4v16M12 8h6M12 12h8M12 16h6",
  pulse: "M3 12h4l2.5-7 5 14 2.5-7h4",
  menu: "M4 7h16M4 12h16M4 17h16",
  down: "M7 10l5 5 5-5",
  right: "M10 7l5 5-5 5",
  send: "M4.5 12 4 5l16.5 7L4 19zM4.5 12H13",
  eye: "M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  search: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M15 15l5 5",
  home: "M4 11l8-7 8 7v9h-5.5v-6h-5v6H4z",
  dots: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  check: "M5 12.5l4.5 4.5L19 7",
  warning: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17.2v.01",
  help: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M9.6 9.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.7M12 16.6v.01",
  bolt: "M13 3 5 13.5h6L10.5 21 19 10.5h-6z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  user: "M12 4.5a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4.5 20c.8-3.8 3.8-5.5 7.5-5.5s6.7 1.7 7.5 5.5",
  file: "M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5",
  arrowDown: "M12 5v14M6 13l6 6 6-6",
  toApp: "M5 12h14M13 6l6 6-6 6",
  fromApp: "M19 12H5M11 6l-6 6 6 6",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13",
  gate: "M7 3.5v8.5M17 3.5v8.5M7 7.5h10M3 16c3-3.2 6-3.2 9 0s6 3.2 9 0M3 20.5c3-3.2 6-3.2 9 0s6 3.2 9 0",
};

/**
 * An icon as an SVG element, hidden from assistive technology (the button around it carries the label).
 * @param {keyof PATHS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
