/** A job at fixed times: asked for in a dialog. */

import { send } from "../../lib/api.js";
import { askForm, field } from "../../lib/dialog.js";
import { fill, h } from "../../lib/dom.js";
import { say } from "../../lib/notices.js";
import { failure } from "../../lib/waiting.js";

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

/** Ask when a job is to run, and tell the gateway; whether it was. */
export async function askSchedule(program, job) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const name = text("Name", program, "By which it is listed.", (value) =>
    NAME.test(value) ? null : "A name has letters (without accents), digits, and . _ - only.",
  );
  const cron = text("When", "0 6 * * 1-5", "Minute, hour, day, month, weekday: this is each weekday at 6.", (value) =>
    value.split(/\s+/).length === 5 ? null : "It has five parts, such as 0 6 * * 1-5.",
  );
  const zone = text("Time zone", here, "Of the hours.");
  const told = h("div", {});
  const fields = [name, cron, zone];
  const content = [told, ...fields.map(({ element }) => element)];
  for (;;) {
    if (!(await askForm(`Run ${program} again and again`, fields, "Schedule", { content }))) return false;
    try {
      await send("POST", "/schedules", {
        name: name.input.value.trim(),
        cron: cron.input.value.trim(),
        zone: zone.input.value.trim(),
        job,
      });
      say(`${name.input.value.trim()} is scheduled.`);
      return true;
    } catch (error) {
      fill(told, failure(error));
    }
  }
}

function text(label, value, hint, check = () => null) {
  const input = h("input", { value, autocomplete: "off", spellcheck: false });
  return field(label, input, { hint, check: () => check(input.value.trim()) });
}
