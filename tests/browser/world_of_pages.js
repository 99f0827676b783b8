// What the pages of these tests stand on: a campaign that really went out to four phones.
import { World, phoneOf } from '../flows/world.js';

export { phoneOf };

export async function sentCampaign(t) {
  const world = await World.make(t, 'sqlite', {
    settings: {
      'pages.imprint_url': 'https://halmwerk.example/impressum',
      'pages.privacy_url': 'https://halmwerk.example/datenschutz',
    },
  });
  const { clip } = await world.readyClip();
  await world.importCustomers(1, 4);
  const campaign = await world.launch(await world.campaign(clip));
  await world.campaignUntil(campaign, 'everybody has read it', (seen) => seen.funnel.read === 4);
  return {
    world,
    clip,
    // The address behind the button, as phone `n` got it.
    linkOf: async (n) => {
      const [message] = await world.phones.books(`to=${encodeURIComponent(phoneOf(n))}`);
      return message.content.buttons.find((button) => button.type === 'URL').url;
    },
    watched: async () => {
      const { funnel } = await world.get(`/api/v1/campaigns/${campaign.id}`);
      return [funnel.opened, funnel.played, funnel.completed];
    },
    report: () => world.get(`/api/v1/campaigns/${campaign.id}/report`),
    consentOf: async (n) => {
      const { items } = await world.post('/api/v1/customers/search', { by: 'phone', value: phoneOf(n) });
      const { current } = await world.get(`/api/v1/customers/${items[0].id}/consents`);
      return current.find((consent) => consent.purpose === 'marketing').state;
    },
  };
}
