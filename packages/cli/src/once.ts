/** Once: what is asked for is asked for once, and everybody gets the same answer. */
export function once<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let asked: Promise<Value> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}

export function onceFor<Key, Value>(ask: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const asked = new Map<Key, Promise<Value>>();
  return (key) => {
    if (!asked.has(key)) asked.set(key, ask(key));
    return asked.get(key)!;
  };
}
