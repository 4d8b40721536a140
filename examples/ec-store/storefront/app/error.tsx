"use client";

/** What is shown when a service that the page needs cannot be reached by any way. */
export default function Failed({ reset }: { reset: () => void }) {
  return (
    <main>
      <h1>The store cannot be reached</h1>
      <p role="alert">Something behind this page does not answer just now.</p>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </main>
  );
}
