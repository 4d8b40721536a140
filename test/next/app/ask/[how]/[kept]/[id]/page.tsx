import { type Asked, ask } from "../../../../asking.ts";

/** A server component that asks, and two more that ask for the same in the same render. */
export default async function Page({ params }: { params: Promise<Asked> }) {
  const asked = await params;
  return (
    <main>
      <Answer {...asked} />
      <Answer {...asked} />
      <Answer {...asked} />
    </main>
  );
}

async function Answer(asked: Asked) {
  const response = await ask(asked);
  return <output>{await response.text()}</output>;
}
