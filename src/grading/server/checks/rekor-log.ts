import { failed, passed } from '../../check.ts';
import type { Check } from '../check-context.ts';
import { findSignature, type Signer } from './image-signature.ts';

/** The signature's entry stands in the public log, at the index and with the content that the bundle claims. */
export function includes(image: string, signer: Signer): Check {
  return async (context) => {
    const evidence = await findSignature(context, image, signer);
    if (evidence === undefined) return failed('a log entry for your signature', 'no signature of yours to look up');
    const [entry] = evidence.bundle.verificationMaterial.tlogEntries;
    const index = Number(entry?.logIndex);
    const logged = await context.log.entry(index);
    if (entry !== undefined && logged?.equals(entry.canonicalizedBody) === true) return passed(`entry ${index}`);
    return failed(`your signature as entry ${index} of the log`, logged === undefined ? 'a log without that entry' : 'another entry there');
  };
}
