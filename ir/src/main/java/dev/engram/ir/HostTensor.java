package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.runtime.LargeMemory;
import dev.engram.ir.runtime.NoMemoryError;
import dev.engram.ir.runtime.Slab;
import dev.engram.ir.tensor.Moves;
import dev.engram.ir.tensor.NestedArray;
import dev.engram.ir.tensor.Numbers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
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
  private final @Nullable Part part;

  /** Elements, and these with what follows. */
  private record Part(MemorySegment segment, MemorySegment padded) {}

  /** Memory of the host. */
  private static final class HostStorage extends Storage {
    private final boolean owned;

    // Null when it is gone: who keeps a closed tensor keeps no memory. That is also how a read
    // finds
    // out, as it costs less than to ask; no other thread may read what is being given away.
    private @Nullable MemorySegment segment;
    private @Nullable MemorySegment padded;

    /** What can be used again after it; null for small memory. */
    private @Nullable LargeMemory large;

    HostStorage(
        boolean owned, MemorySegment segment, MemorySegment padded, @Nullable LargeMemory large) {
      this.owned = owned;
      this.segment = segment;
      this.padded = padded;
      this.large = large;
    }

    @Override
    public String device() {
      return "host";
    }

    @Override
    public boolean isOwned() {
      return owned;
    }

    @Override
    void free() {
      LargeMemory again = large;
      letGo();
      if (again != null) {
        again.close();
      }
    }

    private void letGo() {
      segment = null;
      padded = null;
      large = null;
    }
  }

  private HostTensor(TensorType type, HostStorage storage, @Nullable Part part) {
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
      LargeMemory large =
          bytes + SLACK >= LargeMemory.LEAST ? LargeMemory.allocate(bytes + SLACK) : null;
      MemorySegment padded = large == null ? Slab.allocate(bytes + SLACK) : large.segment();
      return new HostTensor(
          type, new HostStorage(true, padded.asSlice(0, bytes), padded, large), null);
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
    if (segment.byteSize() != type.bytes()) {
      throw new TypeException(
          "a segment of "
              + segment.byteSize()
              + " bytes for "
              + type
              + ", expected "
              + type.bytes()
              + " ("
              + SourceLocation.here()
              + "); cut it with asSlice, or give the type of what it holds");
    }
    return new HostTensor(type, new HostStorage(false, segment, segment, null), null);
  }

  /**
   * The same elements in row-major order as a tensor of another shape, in the same storage.
   *
   * @throws TypeException when the element type or the number of elements differs
   */
  public HostTensor view(TensorType as) {
    Given.given("HostTensor.view", "as", as);
    if (as.dtype() != type.dtype() || as.size() != type.size()) {
      throw new TypeException(
          "view: got "
              + as
              + " of a tensor of type "
              + type
              + " ("
              + SourceLocation.here()
              + "); give a shape of as many elements, and the same element type");
    }
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
    if (as.dtype() != type.dtype() || from < 0 || from > type.size() - as.size()) {
      throw new TypeException(
          "part: got "
              + as
              + " from element "
              + from
              + " of a tensor of type "
              + type
              + " ("
              + SourceLocation.here()
              + "); stay within its elements");
    }
    long at = from * type.dtype().bytes();
    return new HostTensor(
        as, storage, new Part(segment().asSlice(at, as.bytes()), padded().asSlice(at)));
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
    return tryDonate()
        .orElseThrow(
            () ->
                new TraceException(
                    "a tensor of type "
                        + type
                        + " is donated while a program reads it, or a second time ("
                        + SourceLocation.here()
                        + "); donate it once, when what reads it has returned"));
  }

  /** {@link #donate}; empty where that is not possible. */
  public Optional<HostTensor> tryDonate() {
    if (!storage.donate()) {
      return Optional.empty();
    }
    Part now = part == null ? new Part(there(storage.segment), there(storage.padded)) : part;
    HostStorage next = new HostStorage(storage.owned, now.segment, now.padded, storage.large);
    storage.letGo();
    return Optional.of(new HostTensor(type, next, null));
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

  private MemorySegment there(@Nullable MemorySegment memory) {
    if (memory == null) {
      throw storage.gone(type);
    }
    return memory;
  }

  private Part there(Part p) {
    if (storage.isGone()) {
      throw storage.gone(type);
    }
    return p;
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

  public static HostTensor of(float[] values, int... dims) {
    HostTensor t = sized(DType.F32, Given.given("HostTensor.of: the array", values).length, dims);
    MemorySegment.copy(values, 0, t.segment(), ValueLayout.JAVA_FLOAT, 0, values.length);
    return t;
  }

  public static HostTensor of(double[] values, int... dims) {
    HostTensor t = sized(DType.F64, Given.given("HostTensor.of: the array", values).length, dims);
    MemorySegment.copy(values, 0, t.segment(), ValueLayout.JAVA_DOUBLE, 0, values.length);
    return t;
  }

  public static HostTensor of(int[] values, int... dims) {
    HostTensor t = sized(DType.I32, Given.given("HostTensor.of: the array", values).length, dims);
    MemorySegment.copy(values, 0, t.segment(), ValueLayout.JAVA_INT, 0, values.length);
    return t;
  }

  public static HostTensor of(long[] values, int... dims) {
    HostTensor t = sized(DType.I64, Given.given("HostTensor.of: the array", values).length, dims);
    MemorySegment.copy(values, 0, t.segment(), ValueLayout.JAVA_LONG, 0, values.length);
    return t;
  }

  /** Of type {@code i16}. */
  public static HostTensor of(short[] values, int... dims) {
    HostTensor t = sized(DType.I16, Given.given("HostTensor.of: the array", values).length, dims);
    MemorySegment.copy(values, 0, t.segment(), ValueLayout.JAVA_SHORT, 0, values.length);
    return t;
  }

  /** Of type {@code i8}. */
  public static HostTensor of(byte[] values, int... dims) {
    return ofBytes(DType.I8, values, dims);
  }

  /** Of type {@code u8}: each byte stands for 0 to 255. */
  public static HostTensor ofUnsigned(byte[] values, int... dims) {
    return ofBytes(DType.U8, values, dims);
  }

  private static HostTensor ofBytes(DType dtype, byte[] values, int... dims) {
    HostTensor t = sized(dtype, Given.given("HostTensor.of: the array", values).length, dims);
    MemorySegment.copy(values, 0, t.segment(), ValueLayout.JAVA_BYTE, 0, values.length);
    return t;
  }

  public static HostTensor of(boolean[] values, int... dims) {
    HostTensor t = sized(DType.BOOL, Given.given("HostTensor.of: the array", values).length, dims);
    for (int i = 0; i < values.length; i++) {
      t.setBits(i, values[i] ? 1 : 0);
    }
    return t;
  }

  /**
   * Rows of one length as {@code f64[rows, columns]}.
   *
   * @throws TypeException when a row has another length than the first
   */
  public static HostTensor of(double[][] rows) {
    NestedArray a = NestedArray.of(rows);
    return of((double[]) a.values(), a.dims());
  }

  /** See {@link #of(double[][])}. */
  public static HostTensor of(double[][][] parts) {
    NestedArray a = NestedArray.of(parts);
    return of((double[]) a.values(), a.dims());
  }

  /** See {@link #of(double[][])}; of type {@code f32}. */
  public static HostTensor of(float[][] rows) {
    NestedArray a = NestedArray.of(rows);
    return of((float[]) a.values(), a.dims());
  }

  /** See {@link #of(double[][])}; of type {@code f32}. */
  public static HostTensor of(float[][][] parts) {
    NestedArray a = NestedArray.of(parts);
    return of((float[]) a.values(), a.dims());
  }

  /** See {@link #of(double[][])}; of type {@code i32}. */
  public static HostTensor of(int[][] rows) {
    NestedArray a = NestedArray.of(rows);
    return of((int[]) a.values(), a.dims());
  }

  /** See {@link #of(double[][])}; of type {@code i64}. */
  public static HostTensor of(long[][] rows) {
    NestedArray a = NestedArray.of(rows);
    return of((long[]) a.values(), a.dims());
  }

  /** See {@link #of(double[][])}; of type {@code bool}. */
  public static HostTensor of(boolean[][] rows) {
    NestedArray a = NestedArray.of(rows);
    return of((boolean[]) a.values(), a.dims());
  }

  private static HostTensor sized(DType dtype, int n, int[] dims) {
    TensorType type = TensorType.of(dtype, dims);
    if (type.size() != n) {
      throw new TypeException(
          "HostTensor.of: got "
              + n
              + " values, expected "
              + type.size()
              + " for "
              + type
              + " ("
              + SourceLocation.here()
              + "); give the shape after the values, such as of(values, "
              + n
              + ")");
    }
    return allocate(type);
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
    return part == null ? there(storage.segment) : there(part).segment;
  }

  /**
   * The memory with what follows it: at least {@link #SLACK} more bytes of no meaning after an
   * allocation, none after wrapped memory.
   */
  public MemorySegment padded() {
    return part == null ? there(storage.padded) : there(part).padded;
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
    if (type.size() != 1) {
      throw new TypeException(
          "item: got "
              + type
              + ", expected exactly one element ("
              + SourceLocation.here()
              + "); read one of them with getDouble(i), or reduce it first, such as by mean()");
    }
    return getDouble(0);
  }

  /** The elements that an array holds. */
  private int length(String op) {
    return Moves.length(op, "an array of the elements of " + type, type.size());
  }

  public double[] toDoubles() {
    int n = length("toDoubles");
    double[] out = new double[n];
    if (type.dtype() == DType.F64) {
      MemorySegment.copy(segment(), ValueLayout.JAVA_DOUBLE, 0, out, 0, n);
    } else {
      Arrays.setAll(out, this::getDouble);
    }
    return out;
  }

  public float[] toFloats() {
    int n = length("toFloats");
    float[] out = new float[n];
    if (type.dtype() == DType.F32) {
      MemorySegment.copy(segment(), ValueLayout.JAVA_FLOAT, 0, out, 0, n);
    } else {
      for (int i = 0; i < n; i++) {
        out[i] = (float) getDouble(i);
      }
    }
    return out;
  }

  public long[] toLongs() {
    long[] out = new long[length("toLongs")];
    Arrays.setAll(out, this::getLong);
    return out;
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
    StringBuilder out = new StringBuilder(type.toString()).append(' ');
    append(out, 0, 0);
    return out.toString();
  }

  /** As {@link #toString}, without the type. */
  public String elements() {
    StringBuilder out = new StringBuilder();
    append(out, 0, 0);
    return out.toString();
  }

  private void append(StringBuilder out, int axis, long offset) {
    if (axis == type.rank()) {
      out.append(
          switch (type.dtype()) {
            case F32, F16, BF16 -> Float.toString((float) getDouble(offset));
            case F64 -> Double.toString(getDouble(offset));
            case I8, I16, I32, I64, U8 -> Long.toString(bits(offset));
            case BOOL -> Boolean.toString(bits(offset) != 0);
          });
      return;
    }
    int n = type.shape().dim(axis);
    long step = type.shape().strides()[axis];
    out.append('[');
    for (int i = 0; i < n; i++) {
      if (i > 0) {
        out.append(", ");
      }
      if (n > 8 && i == 3) {
        out.append("…, ");
        i = n - 3;
      }
      append(out, axis + 1, offset + i * step);
    }
    out.append(']');
  }
}
