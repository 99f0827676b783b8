// Which fault of the network, if any, meets one send. At most one at a time.
import { kFaults } from './settings.js';

const shares = {
  lost_reply: 'fault.lost_reply_share',
  reset_before: 'fault.reset_before_share',
  slow: 'fault.slow_share',
  html_503: 'fault.html_503_share',
  truncated_json: 'fault.truncated_json_share',
  rate_limited: 'fault.rate_limited_share',
  error_131000: 'fault.error_131000_share',
  error_131016: 'fault.error_131016_share',
};

// The list "fault.next" comes first, one entry per send; then luck decides. Returns null for none.
export function drawFault(settings, luck) {
  const next = settings.get('fault.next');
  if (next.length) {
    const first = next.shift(); // the list is the simulator's own copy: it empties as it is used
    return first === 'none' ? null : first;
  }
  let left = luck.draw();
  for (const fault of kFaults) {
    left -= settings.get(shares[fault]);
    if (left < 0) return fault;
  }
  return null;
}

// The code of a fault that is an error of the provider; undefined for others.
export const codeOf = (fault) => (fault.startsWith('error_') ? Number(fault.slice('error_'.length)) : undefined);

export const refusesBefore = (fault) => ['reset_before', 'html_503', 'rate_limited'].includes(fault) || codeOf(fault) !== undefined;
