// Objects of many sizes: some kept, most let go, some made longer, in AssemblyScript.

class Node {
  next: Node | null = null;
  constructor(public value: i32) {}
}

let kept: Array<Node> = [];
let texts: Map<string, i32> = new Map();

export function run(count: i32): i32 {
  let sum = 0;
  for (let at = 0; at < count; at++) {
    const node = new Node(at);
    if (at % 7 == 0) kept.push(node);
    const text = "number " + at.toString();
    if (at % 31 == 0) texts.set(text, at);
    const bytes = new Uint8Array(at % 300);
    sum += bytes.length + text.length;
    if (at % 1000 == 999) kept = kept.slice(kept.length / 2);
  }
  __collect();
  return sum + kept.length + texts.size;
}
