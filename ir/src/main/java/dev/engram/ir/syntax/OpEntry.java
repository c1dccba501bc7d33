package dev.engram.ir.syntax;

import java.util.Map;

/** A record class of ops, with the components that the mnemonic says. */
public record OpEntry(Attributes attributes, Map<String, Object> implied) {}
