// SIGTERM in the middle of a campaign, with a provider that answers too late.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engines } from './processes.js';
import { World } from './world.js';

for (const engine of engines)
  test(`SIGTERM ends a busy service within ten seconds, and nothing is sent twice (${engine})`, async (t) => {
    const world = await World.make(t, engine, {
      phones: { 'fault.slow_share': 1, 'fault.slow_ms': [20_000, 20_000] },
    });
    const { clip } = await world.readyClip();
    await world.importCustomers(1, 40);
    const campaign = await world.launch(await world.campaign(clip));
    await world.phones.waitFor('accepted', { at_least: 10 });
    assert.ok((await world.service.stop()) < 10_000);

    const states = Object.fromEntries(await world.service.sql('SELECT state, count(*) FROM messages GROUP BY state'));
    assert.ok(!states.sending, `nothing is left in between: ${JSON.stringify(states)}`);

    await world.phones.set({ 'fault.slow_share': 0 });
    await world.service.start();
    const done = await world.campaignUntil(campaign, 'everybody has read it', (seen) => seen.funnel.read === 40);
    assert.equal(done.funnel.unknown, 0, 'the receipts resolved what the answers left open');
    assert.equal((await world.phones.totals()).accepted, 40);
  });
