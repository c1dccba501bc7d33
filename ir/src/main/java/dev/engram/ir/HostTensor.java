package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.runtime.NoMemoryError;
import dev.engram.ir.tensor.NestedArray;
import dev.engram.ir.tensor.Numbers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A dense row-major tensor in memory outside the Java heap, aligned to 64 bytes and freed when it
 * is no longer reachable, or by {@link #close}; small ones share an allocation of 8 KiB and are
 * freed together. Elements are in the machine's byte order; a bool is one byte, 0 or 1.
 *
 * <p>Treat a tensor as a value: the library never writes to one that it has handed out.
 */
public final class HostTensor implements Tensor {
  /** Alignment of every allocation, a cache line and the widest vector. */
  public static final long ALIGNMENT = 64;

  /**
   * Spare bytes after the elements of every allocation: wide reads of the last ones may use them.
   */
  public static final long SLACK = 64;

  private final TensorType type;
  private final HostStorage storage;

  /** Where it is in the storage; null for all of that. */
  private final HostStorage.@Nullable Part part;

  private HostTensor(TensorType type, HostStorage storage, HostStorage.@Nullable Part part) {
    this.type = type;
    this.storage = storage;
    this.part = part;
  }

  /**
   * A tensor of zeros.
   *
   * @throws TypeException when it would need more memory than one allocation can have
   * @throws OutOfMemoryError when it does not fit beside what is still reachable; says what was
   *     asked for, what is held and by whom, and how to have more
   */
  public static HostTensor allocate(TensorType type) {
    Given.given("allocate: the type", type);
    long bytes = type.bytes();
    if (bytes > Long.MAX_VALUE - SLACK) {
      throw new TypeException(
          type + " does not fit into memory (" + SourceLocation.here() + "); make it smaller");
    }
    try {
      return new HostTensor(type, HostStorage.allocate(bytes), null);
    } catch (NoMemoryError full) {
      throw full.asking(type.toString());
    }
  }

  /**
   * A view of {@code segment}, without a copy; the tensor keeps it alive. Bools are bytes 0 and 1,
   * which is not checked here: memory may be wrapped before it is filled.
   *
   * @throws TypeException when its size is not that of {@code type}
   */
  public static HostTensor wrap(TensorType type, MemorySegment segment) {
    Given.given("HostTensor.wrap", "type", type);
    Given.given("HostTensor.wrap", "segment", segment);
    HostChecks.wrapped(type, segment);
    return new HostTensor(type, HostStorage.wrap(segment), null);
  }

  /**
   * The same elements in row-major order as a tensor of another shape, in the same storage.
   *
   * @throws TypeException when the element type or the number of elements differs
   */
  public HostTensor view(TensorType as) {
    Given.given("HostTensor.view", "as", as);
    HostChecks.view(as, type);
    segment(); // says that it was donated or closed
    return new HostTensor(as, storage, part);
  }

  /**
   * Elements of this tensor that follow each other, as a tensor in the same storage.
   *
   * @param from the first of them, in row-major order
   * @throws TypeException when the element type differs, or there are not so many elements
   */
  public HostTensor part(TensorType as, long from) {
    Given.given("HostTensor.part", "as", as);
    HostChecks.part(as, from, type);
    long at = from * type.dtype().bytes();
    HostStorage.Part there =
        new HostStorage.Part(segment().asSlice(at, as.bytes()), padded().asSlice(at));
    return new HostTensor(as, storage, there);
  }

  /** The memory with what is known of it; views share it. */
  public Storage storage() {
    return storage;
  }

  /**
   * The same elements in a tensor of their own, to which the memory belongs from now on. This
   * tensor must not be read again, nor any other of the same storage: that is an error.
   *
   * @throws TraceException when it has been donated or closed before, or a run reads it
   */
  public HostTensor donate() {
    if (storage.isClosed()) {
      throw storage.gone(type);
    }
    return tryDonate().orElseThrow(() -> HostChecks.notDonated(type));
  }

  /** {@link #donate}; empty where that is not possible. */
  public Optional<HostTensor> tryDonate() {
    return storage.donate()
        ? Optional.of(new HostTensor(type, storage.give(type, part), null))
        : Optional.empty();
  }

  /** True when the memory belongs to another tensor now. */
  public boolean isDonated() {
    return storage.isDonated();
  }

  /**
   * {@inheritDoc}
   *
   * <p>Memory that was {@linkplain #wrap wrapped} stays the user's: it is neither freed nor used
   * again.
   */
  @Override
  public void close() {
    storage.close(type);
  }

  @Override
  public boolean isClosed() {
    return storage.isClosed();
  }

  /**
   * Every element is {@code value}, rounded to a float type.
   *
   * @throws TypeException when {@code type} is no float type and does not have {@code value}
   */
  public static HostTensor full(TensorType type, double value) {
    Given.given("HostTensor.full", "type", type);
    return fill(type, Numbers.bits("full", type, value));
  }

  /**
   * Every element is {@code value}, rounded to a float type.
   *
   * @throws TypeException when {@code type} is no float type and does not have {@code value}
   */
  public static HostTensor full(TensorType type, long value) {
    Given.given("HostTensor.full", "type", type);
    return fill(type, Numbers.bits("full", type, value));
  }

  /** Every element has these raw bits. */
  public static HostTensor fill(TensorType type, long bits) {
    HostTensor t = allocate(type);
    if (bits != 0) {
      for (long i = 0; i < type.size(); i++) {
        t.setBits(i, bits);
      }
    }
    return t;
  }

  /** Of type {@code f32}, in row-major order. */
  public static HostTensor of(float[] values, int... dims) {
    return HostArrays.of(DType.F32, values, dims);
  }

  /** Of type {@code f64}, in row-major order. */
  public static HostTensor of(double[] values, int... dims) {
    return HostArrays.of(DType.F64, values, dims);
  }

  /** Of type {@code i32}, in row-major order. */
  public static HostTensor of(int[] values, int... dims) {
    return HostArrays.of(DType.I32, values, dims);
  }

  /** Of type {@code i64}, in row-major order. */
  public static HostTensor of(long[] values, int... dims) {
    return HostArrays.of(DType.I64, values, dims);
  }

  /** Of type {@code i16}. */
  public static HostTensor of(short[] values, int... dims) {
    return HostArrays.of(DType.I16, values, dims);
  }

  /** Of type {@code i8}. */
  public static HostTensor of(byte[] values, int... dims) {
    return HostArrays.of(DType.I8, values, dims);
  }

  /** Of type {@code u8}: each byte stands for 0 to 255. */
  public static HostTensor ofUnsigned(byte[] values, int... dims) {
    return HostArrays.of(DType.U8, values, dims);
  }

  /** Of type {@code bool}, in row-major order. */
  public static HostTensor of(boolean[] values, int... dims) {
    return HostArrays.of(values, dims);
  }

  /**
   * Rows of one length as {@code f64[rows, columns]}.
   *
   * @throws TypeException when a row has another length than the first
   */
  public static HostTensor of(double[][] rows) {
    return HostArrays.of(NestedArray.of(rows));
  }

  /** See {@link #of(double[][])}. */
  public static HostTensor of(double[][][] parts) {
    return HostArrays.of(NestedArray.of(parts));
  }

  /** See {@link #of(double[][])}; of type {@code f32}. */
  public static HostTensor of(float[][] rows) {
    return HostArrays.of(NestedArray.of(rows));
  }

  /** See {@link #of(double[][])}; of type {@code f32}. */
  public static HostTensor of(float[][][] parts) {
    return HostArrays.of(NestedArray.of(parts));
  }

  /** See {@link #of(double[][])}; of type {@code i32}. */
  public static HostTensor of(int[][] rows) {
    return HostArrays.of(NestedArray.of(rows));
  }

  /** See {@link #of(double[][])}; of type {@code i64}. */
  public static HostTensor of(long[][] rows) {
    return HostArrays.of(NestedArray.of(rows));
  }

  /** See {@link #of(double[][])}; of type {@code bool}. */
  public static HostTensor of(boolean[][] rows) {
    return HostArrays.of(NestedArray.of(rows));
  }

  @Override
  public TensorType type() {
    return type;
  }

  @Override
  public HostTensor host() {
    return this;
  }

  @Override
  public Tensor like(double fill) {
    return fill(type, Numbers.bits("like", type, fill));
  }

  @Override
  public Tensor like(long fill) {
    return fill(type, Numbers.bits("like", type, fill));
  }

  /**
   * The memory itself: {@code type().bytes()} bytes. After {@link #close} it may be that of another
   * tensor.
   */
  public MemorySegment segment() {
    return part == null ? storage.segment(type) : storage.there(part, type).segment();
  }

  /**
   * The memory with what follows it: at least {@link #SLACK} more bytes of no meaning after an
   * allocation, none after wrapped memory.
   */
  public MemorySegment padded() {
    return part == null ? storage.padded(type) : storage.there(part, type).padded();
  }

  /** Raw bits of element {@code i} in row-major order. */
  public long bits(long i) {
    MemorySegment m = segment();
    return switch (type.dtype()) {
      case F32, I32 -> {
        int b = m.getAtIndex(ValueLayout.JAVA_INT, i);
        yield type.dtype() == DType.I32 ? b : b & 0xFFFFFFFFL;
      }
      case F64, I64 -> m.getAtIndex(ValueLayout.JAVA_LONG, i);
      case F16, BF16 -> m.getAtIndex(ValueLayout.JAVA_CHAR, i);
      case I16 -> m.getAtIndex(ValueLayout.JAVA_SHORT, i);
      case U8 -> m.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
      case I8, BOOL -> m.get(ValueLayout.JAVA_BYTE, i);
    };
  }

  /** For code that fills a tensor it has just allocated. */
  public void setBits(long i, long bits) {
    MemorySegment m = segment();
    switch (type.dtype()) {
      case F32, I32 -> m.setAtIndex(ValueLayout.JAVA_INT, i, (int) bits);
      case F64, I64 -> m.setAtIndex(ValueLayout.JAVA_LONG, i, bits);
      case F16, BF16, I16 -> m.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) bits);
      case I8, U8 -> m.set(ValueLayout.JAVA_BYTE, i, (byte) bits);
      // A bool is 0 or 1.
      case BOOL -> m.set(ValueLayout.JAVA_BYTE, i, (byte) (bits == 0 ? 0 : 1));
    }
  }

  /** Element {@code i} in row-major order as a double. */
  public double getDouble(long i) {
    return type.dtype().toDouble(bits(i));
  }

  /** Element {@code i} in row-major order; floats truncate. */
  public long getLong(long i) {
    return type.dtype().isFloat() ? (long) getDouble(i) : bits(i);
  }

  /** For code that fills a tensor it has just allocated. */
  public void setDouble(long i, double value) {
    setBits(i, type.dtype().bitsOf(value));
  }

  /**
   * The only element.
   *
   * @throws TypeException when there is not exactly one
   */
  public double item() {
    HostChecks.one(type);
    return getDouble(0);
  }

  /** The elements in row-major order; exact for all but large i64. */
  public double[] toDoubles() {
    return HostArrays.toDoubles(this);
  }

  /** The elements in row-major order, rounded to f32. */
  public float[] toFloats() {
    return HostArrays.toFloats(this);
  }

  /** The elements in row-major order; floats truncate. */
  public long[] toLongs() {
    return HostArrays.toLongs(this);
  }

  /** The bits that all elements share; empty when they differ or there is none. */
  public Optional<Long> uniform() {
    long n = type.size();
    if (n == 0) {
      return Optional.of(0L);
    }
    long first = bits(0);
    for (long i = 1; i < n; i++) {
      if (bits(i) != first) {
        return Optional.empty();
      }
    }
    return Optional.of(first);
  }

  /** Same type and same bits everywhere, so that NaN equals itself and -0 differs from 0. */
  public boolean sameBits(HostTensor other) {
    Given.given("HostTensor.sameBits", "other", other);
    return type.equals(other.type) && segment().mismatch(other.segment()) == -1;
  }

  /** Index of the first element whose bits differ. */
  public OptionalLong firstDifference(HostTensor other) {
    Given.given("HostTensor.firstDifference", "other", other);
    long at = segment().mismatch(other.segment());
    return at < 0 ? OptionalLong.empty() : OptionalLong.of(at / type.dtype().bytes());
  }

  /** {@code f32[2,3] [[1.0, 2.0, 3.0], …]}; long tensors are cut to the first and last elements. */
  @Override
  public String toString() {
    return type + " " + elements();
  }

  /** As {@link #toString}, without the type. */
  public String elements() {
    return HostText.of(this);
  }
}
