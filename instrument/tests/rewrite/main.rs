//! The rewriter, from the outside: rewritten modules are valid, do what the originals do, and record exactly what
//! happened.

mod behaviour;
mod corpus;
mod crossings;
mod growth;
mod guest;
mod heap;
mod limits;
