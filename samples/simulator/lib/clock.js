// Time as the simulated network sees it: real time plus what tests moved it ahead by.
//
// Only rules ask it (24 h window, life of media ids, download addresses and webhooks, pair limit); delays
// of statuses and repeats are real time, so that moving the clock never floods the callback.
export class Clock {
  #ahead = 0;

  now() {
    return Date.now() + this.#ahead;
  }

  advance(ms) {
    this.#ahead += ms;
  }

  reset() {
    this.#ahead = 0;
  }
}

// Runs callbacks at their time with a single timer: thousands of statuses may be waiting.
export class Agenda {
  #heap = []; // binary heap by due time
  #timer = null;
  #timerDue = Infinity;
  #serial = 0;

  get size() {
    return this.#heap.length;
  }

  after(ms, run) {
    const item = { due: performance.now() + ms, serial: ++this.#serial, run };
    this.#heap.push(item);
    this.#up(this.#heap.length - 1);
    this.#arm();
  }

  clear() {
    this.#heap.length = 0;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerDue = Infinity;
  }

  #arm() {
    if (!this.#heap.length || this.#timerDue <= this.#heap[0].due) return;
    clearTimeout(this.#timer);
    this.#timerDue = this.#heap[0].due;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, this.#timerDue - performance.now()));
  }

  #tick() {
    this.#timerDue = Infinity;
    const now = performance.now() + 0.5;
    while (this.#heap.length && this.#heap[0].due <= now) this.#pop().run();
    this.#arm();
  }

  #before(a, b) {
    return a.due < b.due || (a.due === b.due && a.serial < b.serial);
  }

  #up(i) {
    const heap = this.#heap;
    for (let parent; i > 0 && this.#before(heap[i], heap[(parent = (i - 1) >> 1)]); i = parent) {
      [heap[i], heap[parent]] = [heap[parent], heap[i]];
    }
  }

  #pop() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length) {
      heap[0] = last;
      this.#down(0);
    }
    return first;
  }

  #down(i) {
    const heap = this.#heap;
    for (;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && this.#before(heap[child], heap[least])) least = child;
      }
      if (least === i) return;
      [heap[i], heap[least]] = [heap[least], heap[i]];
      i = least;
    }
  }
}
