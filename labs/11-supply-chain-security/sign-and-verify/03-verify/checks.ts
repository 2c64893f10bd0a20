import { command, defineChecks, fact, file, image } from '#lab-kit/checks';

const app = '{{registry}}/shop/app:v1';
const stable = '{{registry}}/shop/app:stable';
const you = { identity: '{{session.email}}', issuer: '{{issuer}}' };
const answers = 'answers.yaml';

export const checks = defineChecks([
  {
    id: 'accepts-yours',
    title: 'verify.sh accepts an image that you signed',
    hints: [
      'Run your script on your own image and read what it says.',
      'cosign verify needs the identity and the issuer that it shall accept, and the image. The script gets the image as "$1".',
      'Put this into verify.sh: cosign verify --certificate-identity {{session.email}} --certificate-oidc-issuer {{issuer}} "$1"',
    ],
    check: command.script('verify.sh', { accepts: ['signed'] }),
  },
  {
    id: 'refuses-others',
    title: 'verify.sh refuses images that you did not sign',
    after: ['accepts-yours'],
    hints: [
      'Look at which identities your command accepts.',
      'A pattern such as .* fits every signer, and a script that ends with a successful command hides the failure before it.',
      'Name yourself exactly: cosign verify --certificate-identity {{session.email}} --certificate-oidc-issuer {{issuer}} "$1"',
    ],
    check: command.script('verify.sh', { refuses: ['signed-by-other', 'unsigned', 'unsigned-elsewhere'] }),
  },
  {
    id: 'tag-moved',
    title: 'The attacker has moved the tag stable',
    hints: [
      'Compare crane digest for the tags v1 and stable.',
      'First stable has to name your image, then the attack moves it.',
      'Run: crane tag registry.lab/shop/app:v1 stable && bash ~/lab/attack.sh',
    ],
    check: image.tagMovedFrom(stable, app),
  },
  {
    id: 'stable-digest',
    title: 'You know what stable names now',
    after: ['tag-moved'],
    hints: [
      'Ask the registry, not your memory.',
      'crane digest tells what a tag names at this moment.',
      'Run: crane digest registry.lab/shop/app:stable, and write the answer behind stable_digest:',
    ],
    check: file.answers(answers, {
      key: 'stable_digest',
      is: fact.digestOf(stable),
      described: 'the digest that the tag stable names now',
    }),
  },
  {
    id: 'signer',
    title: 'You know who signed shop/app:v1',
    hints: [
      'It stands in the certificate.',
      'The subject alternative name holds the identity that the issuer vouched for.',
      'Write: signer: {{session.email}}',
    ],
    check: file.answers(answers, { key: 'signer', is: '{{session.email}}', described: 'the identity in the certificate' }),
  },
  {
    id: 'issuer',
    title: 'You know who vouched for the signer',
    hints: [
      'It stands in the certificate, in an extension of its own.',
      'The extension 1.3.6.1.4.1.57264.1.8 holds the address of the sign-in service. It is not the authority that issued the certificate.',
      'Write: issuer: {{issuer}}',
    ],
    check: file.answers(answers, { key: 'issuer', is: '{{issuer}}', described: 'the address of the sign-in service' }),
  },
  {
    id: 'certificate-minutes',
    title: 'You know how long the certificate was valid',
    hints: [
      'Subtract the two times below Validity.',
      'A key that lives for minutes need not be kept, so it cannot be stolen later.',
      'Write: certificate_minutes: 10',
    ],
    check: file.answers(answers, {
      key: 'certificate_minutes',
      is: fact.certificateMinutesOf(app, you),
      described: 'the minutes between "Not Before" and "Not After"',
    }),
  },
  {
    id: 'log-index',
    title: 'You know where the log has the signature',
    hints: [
      'The bundle holds the log entry.',
      'logIndex of the entry counts from 0 and never changes, since nothing is ever removed from the log.',
      `Run: jq -r '.verificationMaterial.tlogEntries[0].logIndex // "0"' bundle.json, and write the answer behind log_index:`,
    ],
    check: file.answers(answers, {
      key: 'log_index',
      is: fact.logIndexOf(app, you),
      described: 'the index of the log entry, a whole number',
    }),
  },
]);
