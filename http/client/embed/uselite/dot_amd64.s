#include "textflag.h"

// Eight running sums (Y0–Y3 for w's first row, Y4–Y7 for its second) stay in registers: six loads
// feed eight multiply-adds, where a plain dot product needs two loads for one.

// func dot2x4AVX2(sums *[8]float32, w *float32, wStride int, x *float32, xStride, n int)
TEXT ·dot2x4AVX2(SB), NOSPLIT, $0-48
	MOVQ sums+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ wStride+16(FP), R8
	MOVQ x+24(FP), DX
	MOVQ xStride+32(FP), R9
	MOVQ n+40(FP), CX
	LEAQ (SI)(R8*4), R8    // w's second row
	LEAQ (DX)(R9*8), R10   // x's third row
	LEAQ (R10)(R9*4), R11  // its fourth
	LEAQ (DX)(R9*4), R9    // its second
	SHLQ $2, CX            // a row's length in bytes
	XORQ AX, AX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	JMP  more

step:
	VMOVUPS (SI)(AX*1), Y8
	VMOVUPS (R8)(AX*1), Y9
	VMOVUPS (DX)(AX*1), Y10
	VMOVUPS (R9)(AX*1), Y11
	VMOVUPS (R10)(AX*1), Y12
	VMOVUPS (R11)(AX*1), Y13
	VFMADD231PS Y8, Y10, Y0
	VFMADD231PS Y8, Y11, Y1
	VFMADD231PS Y8, Y12, Y2
	VFMADD231PS Y8, Y13, Y3
	VFMADD231PS Y9, Y10, Y4
	VFMADD231PS Y9, Y11, Y5
	VFMADD231PS Y9, Y12, Y6
	VFMADD231PS Y9, Y13, Y7
	ADDQ $32, AX

more:
	CMPQ AX, CX
	JLT  step

	// Four sums of eight lanes each become one vector of four sums, twice.
	VHADDPS Y1, Y0, Y0
	VHADDPS Y3, Y2, Y2
	VHADDPS Y2, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS X1, X0, X0
	VMOVUPS X0, (DI)
	VHADDPS Y5, Y4, Y4
	VHADDPS Y7, Y6, Y6
	VHADDPS Y6, Y4, Y4
	VEXTRACTF128 $1, Y4, X5
	VADDPS X5, X4, X4
	VMOVUPS X4, 16(DI)
	VZEROUPPER
	RET
