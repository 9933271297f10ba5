import { existsSync } from 'node:fs';
import type { KnownRecording, OperatorView } from '../api/operator.ts';
import type { Notices } from '../callback/sender.ts';
import type { Controller } from '../controller/controller.ts';
import type { Known } from '../controller/known.ts';

/** What operators see of the recordings, put together from those who know a part of it. */
export function operatorView(controller: Controller, notices: Notices): OperatorView {
  const whole = (known: Known): KnownRecording => {
    const { sid, plan } = known.record;
    const bundle = plan.debugFolder !== null && existsSync(plan.debugFolder) ? plan.debugFolder : null;
    return { ...known, callbacks: notices.view(sid), bundle };
  };
  return {
    latest: (count) => controller.latest(count).map(whole),
    bySid: (sid) => {
      const known = controller.bySid(sid);
      return known && whole(known);
    },
  };
}
