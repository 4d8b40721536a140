import type { Metadata } from "next";
import type { ReactNode } from "react";
import "./store.css";

export const metadata: Metadata = {
  title: "The store",
  description: "A small shop whose services call one another by name.",
  icons: "data:,",
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
