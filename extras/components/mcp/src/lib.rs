//! An MCP server of `rmcp` as an app, on every server that runs apps.

mod ended;
mod mcp;

pub use mcp::Mcp;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
