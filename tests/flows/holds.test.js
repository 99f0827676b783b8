// What stops a campaign in its middle, and lets it go on: the provider refuses the token, or a person holds
// everything.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { engines, eventually } from './processes.js';
import { World } from './world.js';

const customers = 120;
// Some twenty messages a second, at the provider's pace: a low limit of the sender would be climbed for
// minutes after a refusal.
const slowly = { phones: { 'rate.answer_ms': [200, 200] }, settings: { 'dispatch.max_in_flight': 4 } };

// A campaign in its middle.
async function sendingCampaign(world) {
  const { clip } = await world.readyClip();
  await world.importCustomers(1, customers);
  const campaign = await world.launch(await world.campaign(clip));
  await world.phones.waitFor('accepted', { at_least: 5 });
  return campaign;
}

// Waits until no request is under way and all of the campaign waits for `scope`; returns that wait.
function untilHeld(world, scope) {
  return eventually(`everything waits: ${scope}`, async () => {
    const { campaigns: [queue], senders: [sender] } = await world.get('/api/v1/queue');
    return sender.in_flight === 0 && queue.waits.find((wait) => wait.scope === scope);
  });
}

// Everybody got one message, however long it had to wait.
async function requireEverybodyOnce(world, campaign) {
  const done = await world.campaignUntil(campaign, 'the campaign is completed', (seen) => seen.state === 'completed', 180);
  assert.deepEqual([done.funnel.audience, done.funnel.accepted, done.funnel.failed, done.funnel.unknown], [customers, customers, 0, 0]);
  const { accepted, recipients } = await world.phones.totals();
  assert.deepEqual([accepted, recipients.once, recipients.more], [customers, customers, 0]);
}

for (const engine of engines) {
  test(`a token that is revoked in mid-campaign: all wait for it, and go on by themselves (${engine})`, async (t) => {
    const world = await World.make(t, engine, slowly);
    const secret = join(world.service.folder, 'var/secrets/whatsapp');
    writeFileSync(secret, 'simulator-token\n');
    await world.call('PATCH', `/api/v1/senders/${world.sender.id}`, {
      json: { token_source: 'file:whatsapp' }, headers: { 'If-Match': `"${world.sender.version}"` },
    });
    const campaign = await sendingCampaign(world);
    await world.phones.set({ 'account.access_token': 'made-anew' });
    const { reason } = await untilHeld(world, 'sender');
    assert.equal(reason.code, '190');
    assert.match(reason.text.en, /access token/);
    assert.match(reason.text.de, /Zugriffstoken/);
    const before = await world.phones.totals();
    const held = await world.get(`/api/v1/campaigns/${campaign.id}`);
    assert.deepEqual([held.state, held.funnel.failed, held.funnel.waiting], ['running', 0, customers - before.accepted]);
    const { items: [refused] } = await world.get(`/api/v1/messages?campaign=${campaign.id}&state=held&limit=1`);
    assert.equal(refused.reason.code, '190');

    writeFileSync(secret, 'made-anew\n');
    await requireEverybodyOnce(world, campaign);
    const { refused_by_code: codes } = await world.phones.totals();
    assert.deepEqual(codes, before.refused_by_code, 'no message was spent on finding out');
    assert.deepEqual((await world.get('/api/v1/holds')).items, []);
  });

  test(`everything is held in mid-campaign: nothing leaves until it is released (${engine})`, async (t) => {
    const world = await World.make(t, engine, slowly);
    const campaign = await sendingCampaign(world);
    await world.post('/api/v1/holds', { scope: 'everything', reason: 'falsches Video' });
    const { reason } = await untilHeld(world, 'everything');
    assert.equal(reason.code, 'falsches Video');
    const { requests, accepted } = await world.phones.totals();
    assert.ok(accepted < customers, `${accepted} had left already`);
    const more = await world.phones.control('GET', `wait?for=requests&at_least=${requests + 1}&timeout_ms=3000`);
    assert.equal(more.reached, false, 'nothing was even tried');
    const held = await world.get(`/api/v1/campaigns/${campaign.id}`);
    assert.deepEqual([held.state, held.funnel.waiting], ['running', customers - accepted]);

    await world.call('DELETE', '/api/v1/holds/everything/all', { status: 204 });
    await requireEverybodyOnce(world, campaign);
    assert.equal((await world.phones.totals()).requests, customers);
  });
}
