import { randomInt } from 'node:crypto';

const adjectives =
  'able amber brave bright calm careful clear clever cosy crisp daring eager early earnest even fair fond frank fresh gentle glad golden good grand happy honest jolly keen kind lively loyal lucky merry mild modest neat nimble noble open patient plain polite prompt proud quick quiet rapid ready sharp silent silver simple smart smooth steady still sunny swift tidy true warm wise witty'.split(
    ' ',
  );
const animals =
  'ant badger bat bear beaver bee bison bittern cat crane cricket crow curlew deer dove duck eagle eel egret elk falcon ferret finch fox frog gecko goat goose hare hawk heron horse ibex ibis jay kestrel kite koala lark lemur lion lizard lynx magpie marmot marten mink mole moose moth mouse newt orca osprey otter owl panda parrot pigeon pike puffin quail rabbit raven robin salmon seal shrew snail sparrow squid stork swan tern tiger toad trout turtle viper vole walrus weasel whale wolf wombat wren yak zebra'.split(
    ' ',
  );

/** A friendly name of a guest and its mail address, drawn from about 50 million. */
export interface GuestName {
  readonly name: string;
  readonly email: string;
}

/** Draws a name such as Quiet Otter, `quiet-otter-4821@learners.lab`. The caller makes sure that the address is new. */
export function drawGuestName(): GuestName {
  const words = [pick(adjectives), pick(animals)];
  return { name: words.map(capitalise).join(' '), email: `${words.join('-')}-${randomInt(1000, 10_000)}@learners.lab` };
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? 'quiet';
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
