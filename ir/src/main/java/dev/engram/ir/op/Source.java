package dev.engram.ir.op;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.List;

/** Makes values from nothing, or from a random key. */
public sealed interface Source extends Op {

  /** A tensor known at trace time. */
  record Const(HostTensor value) implements Source {
    public Const {
      Given.given("Const", "value", value);
    }

    @Override
    public String mnemonic() {
      return "const";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("const", in, 0);
      return List.of(value.type());
    }
  }

  /** The index along {@code axis}, in a numeric type. */
  record Iota(TensorType type, int axis) implements Source {
    public Iota {
      Given.given("Iota", "type", type);
    }

    @Override
    public String mnemonic() {
      return "iota";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("iota", in, 0);
      TypeRules.axes("iota", "axis", List.of(axis), type.rank());
      if (!type.dtype().isNumeric()) {
        throw TypeRules.attribute("iota", "type", type, "a numeric type");
      }
      return List.of(type);
    }
  }

  /**
   * Uniform random 32-bit words: i32 of {@code shape} from a key i32[2]. Word i (row-major) is
   * Threefry-2x32 with 20 rounds (Salmon et al. 2011) of the counter {@code (i/2 low bits, i/2 high
   * bits)} under the key: its first word for even i, its second for odd i.
   */
  record RandomBits(Shape shape) implements Source {
    public RandomBits {
      Given.given("RandomBits", "shape", shape);
    }

    @Override
    public String mnemonic() {
      return "randomBits";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("randomBits", in, 1);
      if (!in.getFirst().equals(TensorType.of(DType.I32, 2))) {
        throw TypeRules.bad("randomBits", 0, in.getFirst(), "i32[2], a random key");
      }
      return List.of(new TensorType(DType.I32, shape));
    }
  }
}
