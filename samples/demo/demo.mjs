// Tells the story; samples/demo.sh calls it. Exit code 1 when a step failed.
import { Story, missingFiles } from './story.mjs';
import { World } from './world.mjs';

const words = process.argv.slice(2);
const bin = words[words.indexOf('--bin') + 1];
const once = words.includes('--once');
const keep = words.includes('--keep');

let ending = false;

const indented = (text) => String(text).split('\n').map((line) => `        ${line}`).join('\n');

// Returns the title of the step that failed, or null.
async function tell(story) {
  for (const [title, work] of story.steps) {
    const began = Date.now();
    try {
      const said = await work();
      console.log(`ok      ${title}  (${((Date.now() - began) / 1000).toFixed(1)} s)\n${indented(said)}`);
    } catch (error) {
      if (ending) return title; // somebody pressed Ctrl-C
      console.log(`FAILED  ${title}\n${indented(error.stack ?? error)}`);
      return title;
    }
  }
  return null;
}

function invite(world, story) {
  console.log(`
Service and phones keep running; Ctrl-C stops both.

  Phones        ${world.phones}/
  API           ${world.api}/api/openapi.json
  Log           ${world.log}
  Token         ${story.token}

Try:
  export TOKEN=${story.token}
  curl -s -H "Authorization: Bearer $TOKEN" ${world.api}/api/v1/campaigns/${story.campaign.id}
  curl -s -H "Authorization: Bearer $TOKEN" -F title='My film' -F file=@film.mp4 ${world.api}/api/v1/videos
  curl -s -H "Authorization: Bearer $TOKEN" '${world.api}/api/v1/messages?campaign=${story.campaign.id}&state=failed'
  Open ${world.phones}/, choose a phone, type STOP.
`);
}

const missing = missingFiles();
if (!bin || missing.length > 0) {
  console.error(bin ? `missing in samples/: ${missing.join(', ')}` : 'call samples/demo.sh');
  process.exit(1);
}

const world = await World.make(bin);
async function end(code) {
  if (ending) return;
  ending = true;
  await world.close({ keep });
  if (keep) console.log(`The data of this demo is in ${world.folder}`);
  process.exit(code);
}
process.on('SIGINT', () => end(130));
process.on('SIGTERM', () => end(143));

const story = new Story(world);
const failed = await tell(story);
if (failed && !ending) {
  console.log(`\nLast lines of the service's log:\n${indented(world.logTail())}`);
  await end(1);
} else if (once && !ending) {
  const took = await world.stopService();
  console.log(`ok      the service stops in order  (${(took / 1000).toFixed(1)} s)\n\n${story.steps.length + 1} steps, all ok`);
  await end(took < 10_000 ? 0 : 1);
} else if (!ending) {
  invite(world, story);
  // World and story hold the process; SIGINT ends it.
  setInterval(() => {}, 1 << 30);
}
