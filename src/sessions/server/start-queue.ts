import type { Need } from '../../sandboxes/sandbox-spec.ts';
import { estimatedMemoryMiB, type Capacity } from './capacity.ts';

/** A sandbox that takes a place. */
interface Place {
  readonly memoryMiB: number;
  starting: boolean;
}

/** Who may start now, and who waits in which order. First come, first served; nobody is overtaken. */
export class StartQueue {
  #capacity: Capacity | undefined;
  readonly #waiting: { readonly id: string; readonly memoryMiB: number }[] = [];
  readonly #places = new Map<string, Place>();

  /** Without a capacity (the platform is being prepared) nobody may start. */
  setCapacity(capacity: Capacity | undefined): void {
    this.#capacity = capacity;
  }

  /** Lines up; a session that waits or has a place already stays where it is. */
  enqueue(id: string, needs: readonly Need[]): void {
    if (this.#places.has(id) || this.#waiting.some((waiting) => waiting.id === id)) return;
    this.#waiting.push({ id, memoryMiB: estimatedMemoryMiB(needs) });
  }

  /** Takes a place for a sandbox that exists already. */
  occupy(id: string, needs: readonly Need[]): void {
    this.#places.set(id, { memoryMiB: estimatedMemoryMiB(needs), starting: false });
  }

  /** The session that may start now; it has its place from then on. */
  next(): string | undefined {
    const [first] = this.#waiting;
    if (first === undefined || this.#capacity === undefined || !this.#fits(first.memoryMiB, this.#capacity)) return undefined;
    this.#waiting.shift();
    this.#places.set(first.id, { memoryMiB: first.memoryMiB, starting: true });
    return first.id;
  }

  /** The start is over, well or badly; the place is kept. */
  started(id: string): void {
    const place = this.#places.get(id);
    if (place !== undefined) place.starting = false;
  }

  /** Leaves the queue or gives the place back. */
  leave(id: string): void {
    this.#places.delete(id);
    const index = this.#waiting.findIndex((waiting) => waiting.id === id);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** 1 is next; undefined when not waiting. */
  position(id: string): number | undefined {
    const index = this.#waiting.findIndex((waiting) => waiting.id === id);
    return index < 0 ? undefined : index + 1;
  }

  /** Ids that wait, in order. */
  waiting(): string[] {
    return this.#waiting.map(({ id }) => id);
  }

  #fits(memoryMiB: number, capacity: Capacity): boolean {
    const places = [...this.#places.values()];
    // A machine too small by the reckoning still runs one: an estimate must not lock the only learner out.
    if (places.length === 0) return true;
    const used = places.reduce((sum, place) => sum + place.memoryMiB, 0);
    const starting = places.filter((place) => place.starting).length;
    return used + memoryMiB <= capacity.memoryMiB && places.length < capacity.sandboxes && starting < capacity.parallelStarts;
  }
}
