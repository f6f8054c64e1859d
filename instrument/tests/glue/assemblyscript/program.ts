// Each import that AssemblyScript's own library makes, besides `Math` and `crypto`.

export function greet(count: i32): f64 {
  const roll = Math.random();
  trace("rolled", 2, 1.5, <f64>count);
  console.log("héllo 𝄞 " + count.toString());
  console.error("done");
  const began = Date.now();
  const passed = performance.now();
  const inRange = roll >= 0 && roll < 1 && began > 1600000000000 && passed >= 0;
  return JSMath.pow(2, 10) + JSMath.round(2.5) + <f64>inRange;
}

export function sort(count: i32): f64 {
  const numbers = new Array<f64>(count);
  for (let at = 0; at < count; at++) numbers[at] = Math.random();
  numbers.sort((a, b) => a < b ? -1 : 1);
  for (let at = 1; at < count; at++) assert(numbers[at - 1] <= numbers[at], "not sorted");
  return <f64>numbers.length;
}

export function fail(count: i32): void {
  assert(count < 10, "too many");
}
