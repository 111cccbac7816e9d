//! Facts: knowledge that no configuration item carries, declared by policies and handed to them as data.
